import { sql } from "drizzle-orm";
import { type LedgerTransaction, sendAsLedger } from "../access.ts";
import type { Database } from "../database.ts";
import { textArray } from "../text-array.ts";
import type { RecordedError, TaskStatus, Totals } from "./ledger.sql.ts";

export interface DueTask {
  id: string;
  queue: string;
  userId: string | null;
}

/**
 * A page of tasks that nobody works on although they are due, in the order of their ids. One that was announced less
 * than `quietMs` ago is left out: its message may still stand in a long queue.
 */
export async function dueTasks(
  tx: LedgerTransaction,
  { limit, quietMs, afterId }: { limit: number; quietMs: number; afterId: string },
): Promise<DueTask[]> {
  const { rows } = await tx.execute<{ id: string; queue: string; user_id: string | null }>(sql`
    select id, queue, user_id from task
    where id > ${afterId} and status in ('pending', 'running')
      and ((status = 'pending' and (not_before is null or not_before <= ledger_clock()))
        or (status = 'running' and lease_until < ledger_clock()))
      and (sent_at is null or sent_at <= ledger_clock() - ${quietMs} * interval '1 millisecond')
    order by id limit ${limit}`);
  return rows.map((row) => ({ id: row.id, queue: row.queue, userId: row.user_id }));
}

/**
 * Remembers when these tasks were announced, but for those that somebody holds just now: whoever marks many never waits,
 * so none waits for him in a circle.
 */
export async function markAnnounced(tx: LedgerTransaction, taskIds: string[]): Promise<void> {
  if (taskIds.length === 0) return;
  await tx.execute(sql`
    update task set sent_at = ledger_clock() where id in (
      select id from task where id = any(${textArray(taskIds)}) for no key update skip locked)`);
}

export interface TaskRow {
  id: string;
  step: string;
  userId: string | null;
  status: TaskStatus;
  attempts: number;
  error: RecordedError | null;
  result: Totals | null;
}

export async function tasksOfRun(tx: LedgerTransaction, runId: string, limit: number): Promise<TaskRow[]> {
  const { rows } = await tx.execute<{ [K in keyof TaskRow]: TaskRow[K] }>(sql`
    select id, step, user_id as "userId", status, attempts, error, result from task
    where run_id = ${runId} order by created_at, id limit ${limit}`);
  return rows;
}

/** How many tasks of a run stand where; for progress. */
export async function taskCounts(
  tx: LedgerTransaction,
  runId: string,
): Promise<{ step: string; status: TaskStatus; tasks: number }[]> {
  const { rows } = await tx.execute<{ step: string; status: TaskStatus; tasks: number }>(sql`
    select step, status, count(*)::int as tasks from task where run_id = ${runId} group by step, status`);
  return rows;
}

export async function taskIdsOf(tx: LedgerTransaction, runId: string): Promise<Set<string>> {
  const { rows } = await tx.execute<{ id: string }>(sql`select id from task where run_id = ${runId}`);
  return new Set(rows.map((row) => row.id));
}

/**
 * Those of these tasks whose last try has ended without a word: whoever worked on it is gone. In words that the index of
 * unfinished tasks does not suit, which leads to those of all users.
 */
export async function abandonedTasks(db: Database, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sendAsLedger(
    db,
    sql`select id from task
      where id = any(${textArray(ids)}) and status not in ('pending', 'done', 'failed') and lease_until < ledger_clock()`,
  );
  return new Set(rows.map((row) => row.id as string));
}
