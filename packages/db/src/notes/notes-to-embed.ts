import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";
import { contentHashes } from "./content-hash.ts";
import type { EmbeddingModel } from "./note-changes.ts";

export interface NoteText {
  id: string;
  title: string;
  body: string;
  contentHash: string;
  /** `updated_at` as PostgreSQL prints it: a JavaScript date would lose its microseconds. */
  updatedAt: string;
}

/** A page of them. */
export interface TextsToEmbed {
  notes: NoteText[];
  /** Whether this user had a vector of the model when the page was read. */
  hasVectors: boolean;
}

/** Which notes are looked at. */
export type NotesAsked =
  /** In the order of their bytes, both ends included. */
  { firstId: string; lastId: string } | { noteIds: string[] };

export interface TextPage {
  asked: NotesAsked;
  /** Only notes after this one; "" from the beginning. */
  afterId: string;
  maxNotes: number;
  /** Bytes of all texts together. A longer text has a page to itself. */
  maxBytes: number;
  /** Compare the hashes too of notes whose `updated_at` is the one last seen. */
  rehash: boolean;
  /** Whatever was not embedded after this moment. */
  againSince: Date | null;
}

/**
 * The next texts, by the order of their ids, that still have to be embedded: their notes exist, may be read, and neither
 * a vector nor a refusal of this very text is stored.
 */
export async function textsToEmbed(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { asked, afterId, maxNotes, maxBytes, rehash, againSince }: TextPage,
): Promise<TextsToEmbed> {
  const { rows } = await tx.execute<TextRow>(sql`
    select id, title, body, updated_at::text as "updatedAt",
      (select exists (select from note_embedding where user_id = ${userId} and model = ${model}
        and dimensions = ${dimensions} and vector is not null)) as "hasVectors"
    from (
      select *, sum(bytes) over (order by id) - bytes as bytes_before from (
        select n.id, n.title, n.body, n.updated_at, octet_length(n.title) + octet_length(n.body) as bytes
        from note n left join note_embedding e on e.user_id = ${userId} and e.note_id = n.id
          and e.model = ${model} and e.dimensions = ${dimensions}
        where n.user_id = ${userId} and ${areAsked(asked)} and n.id > ${afterId} and n.deleted_at is null
          and not n.ai_excluded and ${isToEmbed(rehash, againSince)}
        order by n.id limit ${maxNotes}) as next) as measured
    where bytes_before < ${maxBytes}
    order by id`);
  const hashes = await contentHashes(tx, rows);
  const notes = rows.map(({ id, title, body, updatedAt }, i) => ({
    id,
    title,
    body,
    updatedAt,
    contentHash: hashes[i]!,
  }));
  return { notes, hasVectors: rows[0]?.hasVectors === true };
}

type TextRow = Omit<NoteText, "contentHash"> & { hasVectors: boolean } & Record<string, unknown>;

/**
 * A condition on a note `n`. A range and not a list of ids is one walk along an index, whatever the planner knows of a
 * table.
 */
export function areAsked(asked: NotesAsked) {
  return "noteIds" in asked
    ? sql`n.id in (select unnest(${textArray(asked.noteIds)}))`
    : sql`n.id >= ${asked.firstId} and n.id <= ${asked.lastId}`;
}

/** A condition on a note `n` and its row `e`. */
function isToEmbed(rehash: boolean, againSince: Date | null) {
  if (againSince !== null) {
    return sql`(e.note_id is null or coalesce(e.embedded_at < ${againSince.toISOString()}::timestamptz, true))`;
  }
  const isChanged = sql`e.note_id is null or e.seen_updated_at is distinct from n.updated_at`;
  return rehash
    ? sql`(${isChanged} or coalesce(e.failed_hash, e.content_hash) is distinct from content_hash(n.title, n.body))`
    : sql`(${isChanged})`;
}
