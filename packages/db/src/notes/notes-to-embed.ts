import { sql } from "drizzle-orm";
import { type Line, sendAsLedger, sendAsUser } from "../access.ts";
import type { Database } from "../database.ts";
import { type Claim, type ClaimRow, claimOf } from "../ledger/task.ts";
import { call } from "../opened-query.ts";
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
  /**
   * Whether the vector of one of these texts can be there already. On a task's first page: whether this user has vectors of
   * the model. On a later one, where some are the task's own: whether others embed notes of the user beside it.
   */
  mayBeStored: boolean;
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
  /** The task that the page is read for. */
  besideTask: string;
  /** What of the page came along with the task's claim; null where it is to be read. */
  ahead: TextRow[] | null;
}

/**
 * The next texts, by the order of their ids, that still have to be embedded: their notes exist, may be read, and neither
 * a vector nor a refusal of this very text is stored.
 */
export async function textsToEmbed(
  db: Database,
  model: EmbeddingModel,
  userId: string,
  page: TextPage,
): Promise<TextsToEmbed> {
  const rows = page.ahead ?? (await textRows(db, model, userId, page));
  const hashes = await contentHashes(db, userId, rows);
  const notes = rows.map(({ id, title, body, updated_at }, i) => ({
    id,
    title,
    body,
    updatedAt: updated_at,
    contentHash: hashes[i]!,
  }));
  return { notes, mayBeStored: rows[0]?.may_be_stored === true };
}

async function textRows(
  db: Database,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { asked, afterId, maxNotes, maxBytes, rehash, againSince, besideTask }: TextPage,
): Promise<TextRow[]> {
  const ids = "noteIds" in asked ? asked.noteIds.toSorted(byBytes) : null;
  const { firstId, lastId } = "noteIds" in asked ? { firstId: ids![0]!, lastId: ids!.at(-1)! } : asked;
  const { rows } = await sendAsUser(
    db,
    userId,
    call("texts_to_embed", [
      userId,
      model,
      dimensions,
      firstId,
      lastId,
      ids,
      afterId,
      maxNotes,
      maxBytes,
      rehash,
      againSince?.toISOString() ?? null,
      besideTask,
    ]),
  );
  return rows as unknown as TextRow[];
}

/** A text as the database hands it over. */
export interface TextRow {
  id: string;
  title: string;
  body: string;
  updated_at: string;
  may_be_stored: boolean;
}

/** A claim of an embed task. */
export interface EmbedClaim extends Claim {
  /** Its first texts, where they came along; null where they are to be read. */
  ahead: TextRow[] | null;
}

/** A task is put off by so much while another run embeds for its user. */
const PUT_OFF_MS = 5_000;

/**
 * As `claimTask`, for the step `embed`: the first texts come along as long as they are few bytes. Most users' tasks are
 * small, and a transaction of its own costs as much as reading the texts. null also while another run embeds for the user:
 * then the task is put off, for what is stored meanwhile need not be paid for twice.
 */
export async function claimEmbedTask(
  line: Line,
  { model, dimensions }: EmbeddingModel,
  { id, leaseMs, maxNotes, maxBytes }: { id: string; leaseMs: number; maxNotes: number; maxBytes: number },
): Promise<EmbedClaim | null> {
  const { rows } = await sendAsLedger(
    line,
    call("claim_embed", [id, leaseMs, PUT_OFF_MS, model, dimensions, maxNotes, maxBytes]),
    { mayBeLost: true },
  );
  const [first, ...texts] = rows;
  const claim = claimOf(first as ClaimRow | undefined);
  if (claim === null) return null;
  return { ...claim, ahead: texts.length === 0 ? null : (texts as unknown as TextRow[]) };
}

/** In the order that the database compares ids in. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * A condition on a note `n`. A range and not a list of ids is one walk along an index, whatever the planner knows of a
 * table.
 */
export function areAsked(asked: NotesAsked) {
  return "noteIds" in asked
    ? sql`n.id in (select unnest(${textArray(asked.noteIds)}))`
    : sql`n.id >= ${asked.firstId} and n.id <= ${asked.lastId}`;
}
