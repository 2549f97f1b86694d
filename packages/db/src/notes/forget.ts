import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { raiseVersion, saveUserState } from "../account/account.ts";
import { clustersLeftBy, forgetRetiredNames } from "../clusters/cluster.ts";
import { dropKeptNeighbours } from "../clusters/kept-neighbours.ts";
import { takeBackSentences } from "../insights/insight.ts";
import { purgeStacks } from "../stacks/stack.ts";
import { textArray } from "../text-array.ts";

export interface ForgetRequest {
  userId: string;
  /** Everything about the user. */
  wholeUser: boolean;
}

/** Users of whom something is to be forgotten, in the order of their ids, those after `afterId`. */
export async function usersToForget(
  tx: LedgerTransaction,
  afterId: string,
  limit: number,
): Promise<ForgetRequest[]> {
  const { rows } = await tx.execute<ForgetRequest & Record<string, unknown>>(sql`
    select user_id as "userId", bool_or(note_id is null) as "wholeUser" from forget
    where user_id > ${afterId} group by user_id order by user_id limit ${limit}`);
  return rows;
}

/** The notes that are asked for, taken out of the table in the transaction that forgets them. */
export async function takeNotesToForget(tx: UserTransaction, userId: string): Promise<string[]> {
  const { rows } = await tx.execute<{ note_id: string }>(
    sql`delete from forget where user_id = ${userId} and note_id is not null returning note_id`,
  );
  return [...new Set(rows.map(({ note_id }) => note_id))];
}

/** Of these notes those that are there, are not deleted and may be read: the next night would read them again. */
export async function stillReadable(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from note where user_id = ${userId} and id = any(${textArray(noteIds)}) and deleted_at is null
      and not ai_excluded order by id`);
  return rows.map(({ id }) => id);
}

/**
 * Removes at once whatever was derived from these notes. Where a name or a title may hold a word of theirs it is emptied,
 * and the next night gives another; clusters keep their ids and their other notes. Returns rows by table.
 */
export async function forgetNotes(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
  at: Date,
): Promise<Record<string, number>> {
  if (noteIds.length === 0) return {};
  const gone = textArray(noteIds);
  const removed: Record<string, number> = {};
  const remove = async (table: string, which: ReturnType<typeof sql>) => {
    const { rowCount } = await tx.execute(
      sql`delete from ${sql.identifier(table)} where user_id = ${userId} and ${which}`,
    );
    removed[table] = rowCount ?? 0;
  };
  // Before the user's row: whoever saves vectors has locked theirs when it comes to that.
  await remove("note_embedding", sql`note_id = any(${gone})`);
  // A night that is under way read the notes before: it starts again.
  await raiseVersion(tx, userId);
  const left = await clustersLeftBy(tx, userId, [...noteIds]);
  const { rows: held } = await tx.execute<{ id: string; parent_id: string | null }>(sql`
    select distinct c.id, c.parent_id from cluster_membership m
    join cluster c on c.user_id = m.user_id and c.id = m.cluster_id
    where m.user_id = ${userId} and m.note_id = any(${gone})`);
  const bereft = [
    ...new Set([
      ...left,
      ...held.flatMap(({ id, parent_id }) => [id, ...(parent_id === null ? [] : [parent_id])]),
    ]),
  ];
  for (const table of ["cluster_membership", "cluster_event"])
    await remove(table, sql`note_id = any(${gone})`);
  await remove("source_note", sql`note_id = any(${gone}) and removed_at is not null`);
  await remove("own_note", sql`id = any(${gone}) and deleted_at is not null`);
  // Reports hold ids alone, and with them how often each was looked at.
  await remove(
    "stack_report",
    sql`exists (select 1 from unnest(${gone}) g where report::text like '%' || to_json(g)::text || '%')`,
  );
  await forgetInClusters(tx, userId, noteIds, bereft);
  await dropKeptNeighbours(tx, userId);
  await purgeStacks(tx, userId, noteIds, at);
  await forgetInRetiredStacks(tx, userId, noteIds);
  await takeBackSentences(tx, userId, noteIds);
  await forgetInLedger(tx, userId, noteIds);
  await saveUserState(tx, userId, { editsPending: true });
  return removed;
}

async function forgetInClusters(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
  bereft: readonly string[],
): Promise<void> {
  const gone = textArray(noteIds);
  await tx.execute(sql`
    update cluster c set keyphrases = '{}', asked_size = null, name = case named_by when 'user' then name else '' end,
      size = case level when 'topic' then (select count(*) from cluster_membership m
        where m.user_id = c.user_id and m.cluster_id = c.id) else size end,
      centroid = case level when 'topic' then (select avg(e.vector) from cluster_membership m
        join note_embedding e on e.user_id = m.user_id and e.note_id = m.note_id
        join user_state s on s.user_id = m.user_id and s.clustered_model = e.model || '/' || e.dimensions
        where m.user_id = c.user_id and m.cluster_id = c.id and e.vector is not null) end
    where user_id = ${userId} and retired_at is null and id = any(${textArray(bereft)})`);
  await tx.execute(sql`
    update cluster a set size = (select coalesce(sum(t.size), 0) from cluster t
      where t.user_id = a.user_id and t.parent_id = a.id and t.retired_at is null)
    where user_id = ${userId} and level = 'area' and retired_at is null and id = any(${textArray(bereft)})`);
  await forgetRetiredNames(tx, userId);
  await tx.execute(sql`
    update cluster set last_members = array(select m from unnest(last_members) m where m <> all(${gone}))
    where user_id = ${userId} and last_members && ${gone}`);
  // A decision about forgotten notes alone is about nothing.
  await tx.execute(sql`
    delete from cluster_edit where user_id = ${userId} and kind in ('split', 'move', 'not-here') and note_ids <@ ${gone}`);
  await tx.execute(sql`
    update cluster_edit set note_ids = array(select n from unnest(note_ids) n where n <> all(${gone}))
    where user_id = ${userId} and note_ids && ${gone}`);
}

/** What a stack that has gone still knows of them are ids. */
async function forgetInRetiredStacks(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
): Promise<void> {
  await tx.execute(sql`
    update smart_stack set facts = '{}', title = '', title_key = null, reason = ''
    where user_id = ${userId} and exists (
      select 1 from unnest(${textArray(noteIds)}) g where facts::text like '%' || to_json(g)::text || '%')`);
}

/** A finished task needs to know no more which notes it was about, nor a finished plan where it ended. */
async function forgetInLedger(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
): Promise<void> {
  const gone = textArray(noteIds);
  await tx.execute(sql`
    update task set payload = '{}' where user_id = ${userId} and status in ('done', 'failed') and exists (
      select 1 from unnest(${gone}) g where payload::text like '%' || to_json(g)::text || '%')`);
  await tx.execute(sql`
    update run_user set cursor = '' where user_id = ${userId} and planned_at is not null and cursor = any(${gone})`);
}
