import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";
import type { EmbeddingModel } from "./note-changes.ts";

/** A small account in which notes have come in and nothing else has happened. */
export interface UserWithNewNotes {
  userId: string;
  live: number;
  excluded: number;
  /** Living notes that nothing is known of; at least one. */
  new: number;
  firstNewId: string;
  lastNewId: string;
  /** The last of all notes. */
  lastId: string;
  /** No note was compared by its hash yet, or not for long: there is none to compare. */
  isHashDue: boolean;
}

/**
 * Those of these users of whose notes each is new or as it was last seen: fewer than `maxNotes` of them, none changed,
 * vanished, or due for a comparison of hashes, no deletion held back, AI on, and not planned yet in this run. All of them
 * in one statement, from ids and times alone; texts are not needed to tell.
 *
 * What is known of each user is looked up by the user (`limit`, `offset` and no sequential scan): a planner without
 * statistics joins it, and reads for each page of users what is known of all who were planned before. (A table of an app's
 * that is read sequentially all the same counts as so dear then that it would be compiled for.)
 */
export async function usersWithNewNotes(
  tx: LedgerTransaction,
  { model, dimensions }: EmbeddingModel,
  {
    runId,
    userIds,
    maxNotes,
    hashedBefore,
  }: { runId: string; userIds: readonly string[]; maxNotes: number; hashedBefore: string },
): Promise<UserWithNewNotes[]> {
  const [, { rows }] = await Promise.all([
    tx.execute(sql`select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`),
    tx.execute<UserWithNewNotes & Record<string, unknown>>(sql`
    select a.id as "userId", p.live, p.excluded, p.new, p.first_new_id as "firstNewId", p.last_new_id as "lastNewId",
      p.last_id as "lastId", d.is_hash_due as "isHashDue"
    from unnest(${textArray(userIds)}) as a(id)
    left join lateral (select hashed_on, deletions_withheld_since from user_state where user_id = a.id limit 1) s on true
    left join lateral (select ai_enabled from user_setting where user_id = a.id limit 1) u on true
    cross join lateral (select coalesce(s.hashed_on <= ${hashedBefore}::date, true) as is_hash_due) d
    cross join lateral (
      select count(*)::int as rows, max(n.id) as last_id,
        (count(*) filter (where n.is_live))::int as live,
        (count(*) filter (where n.is_excluded))::int as excluded,
        (count(*) filter (where n.is_live and e.note_id is null))::int as new,
        min(n.id) filter (where n.is_live and e.note_id is null) as first_new_id,
        max(n.id) filter (where n.is_live and e.note_id is null) as last_new_id,
        coalesce(bool_or(n.is_live and e.note_id is not null
          and (d.is_hash_due or e.seen_updated_at is distinct from n.updated_at)), false) as has_changed
      from (
        select id, updated_at, deleted_at is null and not ai_excluded as is_live,
          deleted_at is null and ai_excluded as is_excluded
        from note where user_id = a.id order by id limit ${maxNotes}) n
      left join note_embedding e
        on e.user_id = a.id and e.note_id = n.id and e.model = ${model} and e.dimensions = ${dimensions}) p
    where p.new > 0 and p.rows < ${maxNotes} and not p.has_changed and coalesce(u.ai_enabled, true)
      and s.deletions_withheld_since is null
      and not exists (select from run_user r where r.run_id = ${runId} and r.user_id = a.id offset 0)
      and not exists (
        select from note_embedding e left join note n on n.user_id = a.id and n.id = e.note_id
        where e.user_id = a.id and (n.id is null or n.deleted_at is not null))
    order by a.id collate "C"`),
  ]);
  return rows;
}
