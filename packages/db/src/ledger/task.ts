import { type SQL, sql } from "drizzle-orm";
import {
  type LedgerTransaction,
  type Line,
  type Statement,
  sendAsLedger,
  sendAsUser,
  type UserTransaction,
} from "../access.ts";
import { sqlState } from "../database.ts";
import { call } from "../opened-query.ts";
import type { RecordedError, Totals } from "./ledger.sql.ts";
import { type Run, type RunRow, toRun } from "./run.ts";

/** A task under a lease. Whoever holds it may finish it as long as its fence is still the newest. */
export interface ClaimedTask {
  id: string;
  runId: string;
  step: string;
  queue: string;
  userId: string | null;
  payload: unknown;
  /** What an earlier try has saved on its way; null where there is nothing. */
  result: Totals | null;
  /** 1 for the first try. */
  attempt: number;
  fence: number;
  /** Dollars a month of a user who has a limit of their own: most have none, and then nobody asks for a budget again. */
  ownBudgetUsd: number | null;
}

export interface NewTask {
  id: string;
  runId: string;
  step: string;
  queue: string;
  userId: string | null;
  payload: unknown;
}

/** The worker lost its lease: another one has the task, and nothing of this one may be saved. */
export class LostLeaseError extends Error {
  override readonly name = "LostLeaseError";
  readonly code = "lost_lease";
}

/**
 * Adds tasks and the messages that wake their workers, in the caller's transaction. Tasks that exist stay as they are.
 * Returns how many were added.
 */
export async function addTasks(tx: LedgerTransaction | UserTransaction, tasks: NewTask[]): Promise<number> {
  if (tasks.length === 0) return 0;
  const asked = tasks.map((t) => ({
    id: t.id,
    run_id: t.runId,
    step: t.step,
    queue: t.queue,
    user_id: t.userId,
    payload: t.payload,
  }));
  const { rows } = await tx.execute<{ added: number }>(
    sql`select add_tasks(${JSON.stringify(asked)}::jsonb) as added`,
  );
  return rows[0]!.added;
}

/**
 * Locks the task of a user's last range of notes, for whoever wants to lengthen that range. null where there is none, or
 * somebody has begun with it or is about to (whoever holds its row may wait for the user's row, which the caller holds):
 * a range before it must not grow over it.
 */
export async function lastRangeTask(
  tx: UserTransaction,
  runId: string,
  userId: string,
  step: string,
): Promise<{ id: string; payload: unknown } | null> {
  const { rows } = await tx.execute<{ id: string; payload: unknown; untouched: boolean }>(sql`
    select id, payload, status = 'pending' and fence = 0 as untouched from task
    where id = (select id from task where run_id = ${runId} and user_id = ${userId} and step = ${step}
      order by payload->>'lastId' collate "C" desc nulls last limit 1)
    for update skip locked`);
  const row = rows[0];
  return row?.untouched === true ? { id: row.id, payload: row.payload } : null;
}

/** Gives a task that the caller has locked something else to do. */
export async function replacePayload(tx: UserTransaction, taskId: string, payload: unknown): Promise<void> {
  await tx.execute(sql`update task set payload = ${JSON.stringify(payload)}::jsonb where id = ${taskId}`);
}

/** What a worker has got to do, and the run that it is part of. */
export interface Claim {
  task: ClaimedTask;
  run: Run;
}

/**
 * Leases a task of a step that is due: pending, or running under a lease that has ended. null when there is nothing to
 * do: it is finished, leased by someone else, not due yet, or not this step's, because its message went astray.
 */
export async function claimTask(
  line: Line,
  { id, step, leaseMs }: { id: string; step: string; leaseMs: number },
): Promise<Claim | null> {
  const { rows } = await sendAsLedger(line, call("claim_task", [id, step, leaseMs]));
  return claimOf(rows[0] as ClaimRow | undefined);
}

/** What a function of the database that claims a task returns of it. */
export interface ClaimRow {
  task: ClaimedRow;
  run: RunRow;
}

export function claimOf(row: ClaimRow | undefined): Claim | null {
  return row === undefined ? null : { task: claimed(row.task), run: toRun(row.run) };
}

export const claimedColumns = sql`id, run_id, step, queue, user_id, payload, result, attempts, fence,
  (select monthly_budget_usd from user_setting s where s.user_id = task.user_id)::float8 as own_budget_usd`;

export type ClaimedRow = Record<string, unknown> & {
  id: string;
  run_id: string;
  step: string;
  queue: string;
  user_id: string | null;
  payload: unknown;
  result: Totals | null;
  attempts: number;
  fence: string;
  own_budget_usd: number | null;
};

export function claimed(row: ClaimedRow): ClaimedTask {
  return {
    id: row.id,
    runId: row.run_id,
    step: row.step,
    queue: row.queue,
    userId: row.user_id,
    payload: row.payload,
    result: row.result,
    attempt: row.attempts,
    fence: Number(row.fence),
    ownBudgetUsd: row.own_budget_usd,
  };
}

/** @throws {LostLeaseError} when the fence is no longer the newest; the caller's transaction must then roll back. */
export async function finishTask(
  tx: LedgerTransaction | UserTransaction,
  task: ClaimedTask,
  end: { status: "done"; result: Totals } | { status: "failed"; error: RecordedError },
): Promise<void> {
  const result = end.status === "done" ? JSON.stringify(end.result) : null;
  const error = end.status === "failed" ? JSON.stringify(end.error) : null;
  await tx
    .execute(
      sql`select finish_task(${task.id}, ${task.fence}::bigint, ${end.status}, ${result}::jsonb, ${error}::jsonb)`,
    )
    .catch(throwLostLease);
}

/**
 * Ends a user's task by a statement that saves what came of it too, in a transaction of its own.
 *
 * @throws {LostLeaseError} when the fence is no longer the newest: then nothing is saved
 */
export async function finishTaskBy(line: Line, userId: string, statement: Statement): Promise<void> {
  await sendAsUser(line, userId, statement).catch(throwLostLease);
}

/** As `finish_task` raises it. */
const LOST_LEASE = "LEASE";

function throwLostLease(error: unknown): never {
  if (sqlState(error) === LOST_LEASE) {
    throw new LostLeaseError("another worker holds this task now", { cause: error });
  }
  throw error;
}

/** Gives a task back after a failure that may pass: it is due again in `delayMs`. */
export async function retryTask(
  tx: LedgerTransaction | UserTransaction,
  task: ClaimedTask,
  error: RecordedError,
  delayMs: number,
): Promise<void> {
  await updateUnderFence(
    tx,
    task,
    sql`status = 'pending', lease_until = null, error = ${JSON.stringify(error)}::jsonb,
      not_before = ledger_clock() + ${delayMs} * interval '1 millisecond'`,
  );
  await wake(tx, task, delayMs);
}

/**
 * Gives a task back unharmed: what was waited for, or the time that ran out, costs no attempt. With `waitsFor`, what
 * it names may make the task due earlier.
 */
export async function yieldTask(
  tx: LedgerTransaction | UserTransaction,
  task: ClaimedTask,
  { delayMs, payload, waitsFor = null }: { delayMs: number; payload?: unknown; waitsFor?: string | null },
): Promise<void> {
  await updateUnderFence(
    tx,
    task,
    sql`status = 'pending', lease_until = null, attempts = attempts - 1,
      payload = ${JSON.stringify(payload ?? task.payload)}::jsonb, waits_for = ${waitsFor},
      not_before = ledger_clock() + ${delayMs} * interval '1 millisecond'`,
  );
  await wake(tx, task, delayMs);
}

/**
 * Lengthens the lease of a task that came forward, and gives it its tries back: a long plan that is killed now and
 * then is not one that fails.
 */
export async function renewLease(tx: LedgerTransaction, task: ClaimedTask, leaseMs: number): Promise<void> {
  await updateUnderFence(
    tx,
    task,
    sql`attempts = 1, lease_until = ledger_clock() + ${leaseMs} * interval '1 millisecond'`,
  );
}

/**
 * Saves how far a task has come, in the transaction that saves what it did. A later try finds it in `result`.
 *
 * @throws {LostLeaseError} as `finishTask` does
 */
export async function saveProgress(tx: UserTransaction, task: ClaimedTask, result: Totals): Promise<void> {
  await updateUnderFence(tx, task, sql`result = ${JSON.stringify(result)}::jsonb`);
}

/** What has been saved of a task's work so far, by this try or an earlier one. */
export async function taskProgress(tx: UserTransaction, task: ClaimedTask): Promise<Totals | null> {
  const { rows } = await tx.execute<{ result: Totals | null }>(
    sql`select result from task where id = ${task.id} and fence = ${task.fence}`,
  );
  return rows[0]?.result ?? null;
}

async function updateUnderFence(
  tx: LedgerTransaction | UserTransaction,
  task: ClaimedTask,
  set: SQL,
): Promise<void> {
  const { rowCount } = await tx.execute(
    sql`update task set ${set} where id = ${task.id} and fence = ${task.fence} and status = 'running'`,
  );
  if (rowCount !== 1) throw new LostLeaseError("another worker holds this task now");
}

async function wake(
  tx: LedgerTransaction | UserTransaction,
  task: ClaimedTask,
  delayMs: number,
): Promise<void> {
  await tx.execute(sql`
    insert into outbox (queue, task_id, user_id, not_before)
    values (${task.queue}, ${task.id}, ${task.userId}, ledger_clock() + ${delayMs} * interval '1 millisecond')`);
}
