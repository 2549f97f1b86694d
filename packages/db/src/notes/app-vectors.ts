import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import type { Database } from "../database.ts";
import { textArray } from "../text-array.ts";
import type { EmbeddingModel } from "./note-changes.ts";
import type { NoteVersionRow } from "./note-embedding.ts";

export interface AppVectorColumn {
  /** A table's or view's quoted name with its schema, or a query in parentheses. */
  relation: string;
  id: string;
  userId: string;
  vector: string;
  /** When the vector was made, where the app knows: one that is older than its note's text is not of that text. */
  madeAt: string | null;
}

export interface AppVector {
  id: string;
  values: number[];
  /** As PostgreSQL prints it. */
  madeAt: string | null;
}

/** An app's vectors of some of one user's notes, read with the login's own rights, whatever type their column has. */
export async function appVectors(
  { drizzle }: Pick<Database, "drizzle">,
  column: AppVectorColumn,
  userId: string,
  noteIds: readonly string[],
): Promise<AppVector[]> {
  const name = (text: string) => sql.identifier(text);
  const madeAt = column.madeAt === null ? sql`null` : sql`${name(column.madeAt)}::timestamptz::text`;
  const { rows } = await drizzle.execute<{ id: string; vector: string; made_at: string | null }>(sql`
    select ${name(column.id)}::text as id, ${name(column.vector)}::text as vector, ${madeAt} as made_at
    from ${sql.raw(column.relation)} v where ${name(column.userId)}::text = ${userId}
      and ${name(column.id)}::text = any(${textArray(noteIds)}) and ${name(column.vector)} is not null`);
  return rows.map(({ id, vector, made_at }) => ({ id, values: numbersOf(vector), madeAt: made_at }));
}

/** Numbers of "[1,2]" (vector, halfvec, JSON) or "{1,2}" (an array). */
function numbersOf(text: string): number[] {
  return text.slice(1, -1).split(",").map(Number);
}

/** Living notes of a user, after one, that have nothing stored of this model yet. */
export async function notesWithoutVectors(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { afterId, limit }: { afterId: string; limit: number },
): Promise<NoteVersionRow[]> {
  const { rows } = await tx.execute<NoteVersionRow & Record<string, unknown>>(sql`
    select n.id, content_hash(n.title, n.body) as "contentHash", n.updated_at::text as "updatedAt"
    from note n left join note_embedding e on e.user_id = ${userId} and e.note_id = n.id
      and e.model = ${model} and e.dimensions = ${dimensions}
    where n.user_id = ${userId} and n.id > ${afterId} and n.deleted_at is null and not n.ai_excluded
      and e.vector is null and btrim(n.title || n.body, E' \t\n\r') <> ''
    order by n.id limit ${limit}`);
  return rows;
}
