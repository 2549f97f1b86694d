import { sql } from "drizzle-orm";
import type { Statement, UserTransaction } from "../access.ts";
import type { UsageEntry } from "../account/account.ts";
import type { VectorType } from "../database.ts";
import type { Totals } from "../ledger/ledger.sql.ts";
import type { Run } from "../ledger/run.ts";
import type { ClaimedTask } from "../ledger/task.ts";
import { type Night, waitKey } from "../ledger/wait.ts";
import { call } from "../opened-query.ts";
import { textArray } from "../text-array.ts";
import { decodeVectorInto, encodeVectorArray } from "../vector-codec.ts";
import type { EmbeddingModel } from "./note-changes.ts";
import type { NoteText } from "./notes-to-embed.ts";

/** Vectors that this user already has for texts of these hashes, by hash. */
export async function vectorsByHash(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  hashes: string[],
): Promise<Map<string, Float32Array>> {
  const holders = await noteByHash(tx, model, userId, hashes);
  const found = new Map<string, Float32Array>();
  if (holders.size === 0) return found;
  const { rows } = await tx.execute<{ content_hash: string; sent: Buffer }>(sql`
    select content_hash, vector_send(vector) as sent from note_embedding
    where user_id = ${userId} and note_id = any(${textArray([...holders.values()])})
      and model = ${model.model} and dimensions = ${model.dimensions}`);
  for (const row of rows) {
    const vector = new Float32Array(model.dimensions);
    decodeVectorInto(vector, 0, model.dimensions, row.sent);
    found.set(row.content_hash, vector);
  }
  return found;
}

/** Those of these hashes whose texts this user has a vector for. */
export async function storedHashes(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  hashes: string[],
): Promise<string[]> {
  return [...(await noteByHash(tx, model, userId, hashes)).keys()];
}

/**
 * A note of the user's for each of these hashes that there is a vector for. All hashes at once: asked for one by one, the
 * planner has no statistics of a new table and may read all of the user's rows for each (28 s a page of 5,000 notes).
 */
async function noteByHash(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  hashes: string[],
): Promise<Map<string, string>> {
  const { rows } = await tx.execute<{ content_hash: string; note_id: string }>(sql`
    select content_hash, min(note_id) as note_id from note_embedding
    where user_id = ${userId} and content_hash = any(${textArray(hashes)}) and model = ${model}
      and dimensions = ${dimensions} and vector is not null
    group by content_hash`);
  return new Map(rows.map((row) => [row.content_hash, row.note_id]));
}

/** A note as it was when it was read, without its text. */
export type NoteVersionRow = Pick<NoteText, "id" | "contentHash" | "updatedAt">;

export interface EmbeddedNotes {
  notes: NoteVersionRow[];
  /** Row-major. */
  vectors: Float32Array;
  /** The row of each note's vector. Each note has the row of its own where this is not given. */
  rows?: number[];
}

/**
 * Stores vectors together with the hashes that they belong to. A row that shows the note as it is now stays: a slow
 * worker cannot put an earlier text's vector over it. Which text is the earlier one `updated_at` does not say, for a
 * restored backup turns it back.
 */
export async function saveVectors(
  tx: UserTransaction,
  type: VectorType,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  embedded: EmbeddedNotes,
): Promise<void> {
  if (embedded.notes.length === 0) return;
  const { ids, hashes, updatedAts, encoded } = vectorArrays(type, dimensions, embedded);
  await tx.execute(sql`
    select save_vectors(${userId}, ${model}, ${dimensions}::integer, ${textArray(ids)}, ${textArray(hashes)},
      ${textArray(updatedAts)}, ${encoded}::vector[])`);
}

/** What `save_vectors` takes of them: ids, hashes, times, vectors. */
function vectorArrays(type: VectorType, dimensions: number, { notes, vectors, rows }: EmbeddedNotes) {
  // In one order always: two runs that write the same notes at once wait for each other in one direction.
  const order = notes.map((_, i) => i).sort((a, b) => (notes[a]!.id < notes[b]!.id ? -1 : 1));
  const sorted = order.map((i) => notes[i]!);
  const sortedRows = order.map((i) => rows?.[i] ?? i);
  return {
    ids: sorted.map((n) => n.id),
    hashes: sorted.map((n) => n.contentHash),
    updatedAts: sorted.map((n) => n.updatedAt),
    // COPY is refused under row-level security; this form writes the same binary vectors.
    encoded: encodeVectorArray(vectors, dimensions, type.oid, sortedRows),
  };
}

export interface FailedNote {
  id: string;
  contentHash: string;
  updatedAt: string;
  code: string;
}

/** Records why these texts have no vector. A vector of an earlier text stays. */
export async function saveFailures(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  failures: FailedNote[],
): Promise<void> {
  if (failures.length === 0) return;
  await tx.execute(
    sql`select save_failures(${userId}, ${model}, ${dimensions}::integer, ${JSON.stringify(failures)}::jsonb)`,
  );
}

/** What the last request of a task has brought. */
export interface EmbeddedLast extends EmbeddedNotes {
  failures: FailedNote[];
  /** null where nothing was asked. */
  usage: Omit<UsageEntry, "model"> | null;
}

/**
 * Ends a task of the step `embed` with all that is left to save of it, and starts the user's clustering where it was the
 * last one: for tasks that are small and many, so in one statement, whose plans are kept.
 */
export function embedEnded(
  type: VectorType,
  { model, dimensions }: EmbeddingModel,
  {
    run,
    task,
    result,
    last,
  }: {
    run: Night & Pick<Run, "id">;
    task: ClaimedTask & { userId: string };
    result: Totals;
    last: EmbeddedLast;
  },
): Statement {
  const { failures, usage } = last;
  const { ids, hashes, updatedAts, encoded } = vectorArrays(type, dimensions, last);
  return call("end_embed", [
    ...[task.id, task.fence, run.id, task.userId, JSON.stringify(result), model, dimensions],
    ...[ids, hashes, updatedAts, encoded, JSON.stringify(failures)],
    ...[usage?.day, usage?.inputs, usage?.requests, usage?.tokens, usage?.costUsd],
    waitKey(run),
  ]);
}

export interface NotesWithVectors {
  /** In the order of their bytes, so that every run sees the same rows. */
  noteIds: string[];
  /** When each vector was written, as PostgreSQL prints it: another moment may mean another vector. */
  embeddedAt: string[];
  /** Notes whose vectors were written since `since`: new ones, and those whose text has changed. */
  fresh: Set<string>;
}

/**
 * The notes to cluster one user by, without their vectors. Notes that are excluded are left out; notes that vanished
 * too, unless their deletion is being held back.
 */
export async function notesWithVectors(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { withVanished, since = new Date() }: { withVanished: boolean; since?: Date },
): Promise<NotesWithVectors> {
  const { rows } = await tx.execute<{ id: string; at: string; fresh: boolean }>(sql`
    select e.note_id as id, e.embedded_at::text as at, e.embedded_at >= ${since.toISOString()}::timestamptz as fresh
    from note_embedding e left join note n on n.user_id = e.user_id and n.id = e.note_id
    where e.user_id = ${userId} and e.model = ${model} and e.dimensions = ${dimensions}
      and e.vector is not null and coalesce(not n.ai_excluded, true)
      and (${withVanished} or (n.id is not null and n.deleted_at is null))
    order by e.note_id`);
  return {
    noteIds: rows.map(({ id }) => id),
    embeddedAt: rows.map(({ at }) => at),
    fresh: new Set(rows.filter(({ fresh }) => fresh).map(({ id }) => id)),
  };
}

const VECTORS_PER_READ = 1_000;

/**
 * The vectors of these notes (ids in the order of their bytes), row-major.
 *
 * @throws {RangeError} where one has none any more
 */
export async function vectorsOf(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  noteIds: readonly string[],
): Promise<Float32Array> {
  const vectors = new Float32Array(noteIds.length * dimensions);
  for (let first = 0; first < noteIds.length; first += VECTORS_PER_READ) {
    const asked = noteIds.slice(first, first + VECTORS_PER_READ);
    const { rows } = await tx.execute<{ id: string; sent: Buffer }>(sql`
      select note_id as id, vector_send(vector) as sent from note_embedding
      where user_id = ${userId} and note_id = any(${textArray(asked)}) and model = ${model}
        and dimensions = ${dimensions} and vector is not null
      order by note_id`);
    if (rows.length !== asked.length) throw new RangeError("a note has no vector any more");
    rows.forEach((row, i) => {
      decodeVectorInto(vectors, first + i, dimensions, row.sent);
    });
  }
  return vectors;
}

/**
 * Removes what was derived from notes that are excluded, and, unless that is held back, from notes that vanished.
 * Returns the ids of the notes.
 */
export async function purgeDerived(
  tx: UserTransaction,
  userId: string,
  { withVanished }: { withVanished: boolean },
): Promise<string[]> {
  const { rows } = await tx.execute<{ note_id: string }>(sql`
    with stale as materialized (
      select k.note_id from (
        select note_id from note_embedding where user_id = ${userId}
        union select note_id from cluster_membership where user_id = ${userId}) k
      left join note n on n.user_id = ${userId} and n.id = k.note_id
      where n.ai_excluded or (${withVanished} and (n.id is null or n.deleted_at is not null))),
    purged_vectors as (delete from note_embedding e using stale s where e.user_id = ${userId} and e.note_id = s.note_id),
    purged_members as (delete from cluster_membership m using stale s where m.user_id = ${userId} and m.note_id = s.note_id),
    purged_sources as (delete from source_note x using stale s
      where x.user_id = ${userId} and x.note_id = s.note_id and x.removed_at is not null returning x.note_id),
    -- Only notes that sync put here: an app's own notes are the app's to delete.
    purged_notes as (delete from own_note n using purged_sources p
      where n.user_id = ${userId} and n.id = p.note_id and n.deleted_at is not null)
    select note_id from stale`);
  return rows.map((row) => row.note_id);
}

/** Removes vectors of other models from notes that have one of this model; those of a trial's two models stay. */
export async function purgeOtherModels(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
): Promise<void> {
  await tx.execute(sql`
    delete from note_embedding e where user_id = ${userId} and (model <> ${model} or dimensions <> ${dimensions}::int)
      and exists (select 1 from note_embedding c where c.user_id = e.user_id and c.note_id = e.note_id
        and c.model = ${model} and c.dimensions = ${dimensions}::int and c.vector is not null)
      and not exists (select 1 from embedding_trial t where (e.model = t.model and e.dimensions = t.dimensions)
        or (e.model = t.against_model and e.dimensions = t.against_dimensions))`);
}
