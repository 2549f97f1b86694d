import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";
import type { ClusterEditKind, EditOutcome } from "./clusters.sql.ts";

export interface ClusterEdit {
  id: string;
  kind: ClusterEditKind;
  clusterId: string;
  otherId: string | null;
  noteIds: string[];
  name: string | null;
  createdAt: Date;
  /** null until a night has seen it. */
  outcome: EditOutcome | null;
  notesKept: number | null;
}

/** A user's edits, the oldest first; each note once. */
export async function editsOf(tx: UserTransaction, userId: string): Promise<ClusterEdit[]> {
  const { rows } = await tx.execute<
    Omit<ClusterEdit, "createdAt"> & { createdAt: string } & Record<string, unknown>
  >(sql`
    select id, kind, cluster_id as "clusterId", other_id as "otherId", note_ids as "noteIds", name,
      created_at as "createdAt", outcome, notes_kept as "notesKept"
    from cluster_edit where user_id = ${userId} order by created_at, id`);
  return rows.map((row) => ({
    ...row,
    noteIds: [...new Set(row.noteIds)],
    createdAt: new Date(row.createdAt),
  }));
}

/**
 * Writes a decision of the user. What can be shown by day is shown at once, and the user's version raised, by the
 * table's trigger.
 *
 * @returns its id
 */
export async function addEdit(
  tx: UserTransaction,
  userId: string,
  edit: Pick<ClusterEdit, "kind" | "clusterId"> & { otherId?: string; noteIds?: string[]; name?: string },
): Promise<string> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    insert into cluster_edit (user_id, kind, cluster_id, other_id, note_ids, name)
    values (${userId}, ${edit.kind}, ${edit.clusterId}, ${edit.otherId ?? null}, ${textArray(edit.noteIds ?? [])},
      ${edit.name ?? null})
    returning id`);
  return rows[0]!.id;
}

/** Takes a decision back. The next night does without it. */
export async function removeEdit(tx: UserTransaction, userId: string, id: string): Promise<boolean> {
  const { rowCount } = await tx.execute(
    sql`delete from cluster_edit where user_id = ${userId} and id = ${id}`,
  );
  return (rowCount ?? 0) > 0;
}

/** Writes what became of edits; rows that say so already are not written again. */
export async function saveEditOutcomes(
  tx: UserTransaction,
  userId: string,
  at: Date,
  outcomes: { id: string; outcome: EditOutcome; notesKept: number }[],
): Promise<void> {
  if (outcomes.length === 0) return;
  await tx.execute(sql`
    update cluster_edit e set outcome = o.outcome, notes_kept = o."notesKept", outcome_at = ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as o(id text, outcome text, "notesKept" int)
    where e.user_id = ${userId} and e.id = o.id
      and (e.outcome, e.notes_kept) is distinct from (o.outcome, o."notesKept")`);
}

/** Writes which notes a merge or a forgetting was about. */
export async function saveEditNotes(
  tx: UserTransaction,
  userId: string,
  edits: { id: string; noteIds: string[] }[],
): Promise<void> {
  if (edits.length === 0) return;
  await tx.execute(sql`
    update cluster_edit e set note_ids = array(select jsonb_array_elements_text(a."noteIds"))
    from jsonb_to_recordset(${JSON.stringify(edits)}::jsonb) as a(id text, "noteIds" jsonb)
    where e.user_id = ${userId} and e.id = a.id`);
}

/** Those of these notes that there still are, though perhaps excluded or without a vector. */
export async function livingNotes(
  tx: UserTransaction,
  userId: string,
  noteIds: string[],
): Promise<Set<string>> {
  if (noteIds.length === 0) return new Set();
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from note where user_id = ${userId} and deleted_at is null and id = any(${textArray(noteIds)})`);
  return new Set(rows.map(({ id }) => id));
}
