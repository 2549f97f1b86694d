import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";
import type { RecordedError } from "./ledger.sql.ts";
import { type Run, runById } from "./run.ts";

export interface Redrive {
  /** Only tasks that failed with this code; all that failed where it is not given. */
  code?: string | undefined;
  /** Where many tasks of a user lead to one: the one is made anew by the last of the many. */
  fanIn?: { from: string; into: string } | undefined;
}

/**
 * Makes the failed tasks of a run due again, with all their tries, and opens the run and its users where need be; with
 * the messages that wake workers, in the caller's transaction. What is finished is not touched. null where there is no
 * such run; no tasks, and nothing changed, where none has failed so.
 *
 * Locks are taken in the order run, users, failed tasks. Nobody else waits for a failed task while holding one of the
 * others, and the run cannot be closed meanwhile.
 */
export async function redriveTasks(
  tx: LedgerTransaction,
  runId: string,
  { code, fanIn }: Redrive,
): Promise<{ run: Run; tasks: { step: string; tasks: number }[] } | null> {
  await tx.execute(sql`select 1 from run where id = ${runId} for update`);
  const run = await runById(tx, runId);
  if (run === null) return null;
  const { from = null, into = null } = fanIn ?? {};
  const failedSo = sql`t.run_id = ${runId} and t.status = 'failed'
    and (${code ?? null}::text is null or t.error->>'code' = ${code ?? null})`;
  await tx.execute(sql`
    select 1 from run_user u
    where u.run_id = ${runId} and exists (select 1 from task t where t.user_id = u.user_id and ${failedSo})
    order by u.user_id for update`);
  // Made again by the fan-in once the parts are in, and not before. One that is under way is left alone: it starts again
  // where it finds that the parts have changed.
  await tx.execute(sql`
    delete from task w where w.run_id = ${runId} and w.step = ${into}::text and w.status in ('failed', 'pending')
      and exists (select 1 from task t where t.user_id = w.user_id and t.step = ${from}::text and ${failedSo})`);
  const { rows: tasks } = await tx.execute<{ step: string; tasks: number }>(sql`
    with redriven as (
      update task t set status = 'pending', attempts = 0, error = null, not_before = null, waits_for = null,
        lease_until = null, finished_at = null, sent_at = null
      where ${failedSo} returning id, queue, user_id, step),
    announced as (insert into outbox (queue, task_id, user_id) select queue, id, user_id from redriven)
    select step, count(*)::int as tasks from redriven group by step order by step`);
  if (tasks.length === 0) return { run, tasks };
  // A user whose clusters are made already stays done.
  await tx.execute(sql`
    update run_user u set status = 'open'
    where u.run_id = ${runId} and u.status <> 'open'
      and (u.planned_at is null
        or exists (select 1 from task t where t.run_id = ${runId} and t.user_id = u.user_id and t.status = 'pending'))
      and not exists (select 1 from task w where w.run_id = ${runId} and w.user_id = u.user_id
        and w.step = ${into}::text and w.status = 'done')`);
  await tx.execute(sql`
    update run set status = 'running', error = null, finished_at = null, cancelled_at = null where id = ${runId}`);
  return { run: (await runById(tx, runId))!, tasks };
}

export interface FailedTask {
  id: string;
  step: string;
  userId: string | null;
  attempts: number;
  error: RecordedError;
  failedAt: Date;
}

/** Tasks of a run that failed for good, the latest first. */
export async function failedTasks(
  tx: LedgerTransaction,
  runId: string,
  limit: number,
): Promise<FailedTask[]> {
  const { rows } = await tx.execute<Omit<FailedTask, "failedAt"> & { failedAt: string }>(sql`
    select id, step, user_id as "userId", attempts, error, finished_at as "failedAt" from task
    where run_id = ${runId} and status = 'failed' order by finished_at desc, id limit ${limit}`);
  return rows.map((row) => ({ ...row, failedAt: new Date(row.failedAt) }));
}

export interface RefusedNote {
  userId: string;
  noteId: string;
  code: string;
  failedAt: Date;
}

/** Notes that were refused for good while a run was under way, of the users it dealt with. */
export async function notesRefusedIn(tx: LedgerTransaction, run: Run, limit: number): Promise<RefusedNote[]> {
  const until = run.finishedAt?.toISOString() ?? null;
  const { rows } = await tx.execute<Omit<RefusedNote, "failedAt"> & { failedAt: string }>(sql`
    select e.user_id as "userId", e.note_id as "noteId", e.failed_code as code, e.failed_at as "failedAt"
    from run_user u join note_embedding e on e.user_id = u.user_id
    where u.run_id = ${run.id} and e.failed_hash is not null and e.failed_at >= ${run.createdAt.toISOString()}::timestamptz
      and (${until}::timestamptz is null or e.failed_at <= ${until}::timestamptz)
    order by e.user_id, e.note_id limit ${limit}`);
  return rows.map((row) => ({ ...row, failedAt: new Date(row.failedAt) }));
}
