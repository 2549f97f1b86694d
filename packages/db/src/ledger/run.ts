import { sql } from "drizzle-orm";
import { type LedgerTransaction, sendAsLedger } from "../access.ts";
import type { Database } from "../database.ts";
import type { RecordedError, RunOptions, RunStatus, RunTrigger, Totals } from "./ledger.sql.ts";

export interface Run {
  id: string;
  job: string;
  /** The local date of the job's time zone that the run is for, YYYY-MM-DD. */
  localDate: string;
  trigger: RunTrigger;
  options: RunOptions;
  asOf: Date;
  status: RunStatus;
  totals: Totals;
  costUsd: number | null;
  error: RecordedError | null;
  createdAt: Date;
  finishedAt: Date | null;
  /** Since when none of its tasks is worked on. */
  cancelledAt: Date | null;
}

const runColumns = sql`id, job, local_date::text as "localDate", trigger, options, as_of as "asOf", status, totals,
  cost_usd as "costUsd", error, created_at as "createdAt", finished_at as "finishedAt",
  cancelled_at as "cancelledAt"`;

export type RunRow = Omit<Run, "asOf" | "createdAt" | "finishedAt" | "cancelledAt"> & {
  asOf: string;
  createdAt: string;
  finishedAt: string | null;
  cancelledAt: string | null;
} & Record<string, unknown>;

/** drizzle hands timestamps of raw queries over as text. */
export function toRun({ asOf, createdAt, finishedAt, cancelledAt, ...rest }: RunRow): Run {
  return {
    ...(rest as Omit<Run, "asOf" | "createdAt" | "finishedAt" | "cancelledAt">),
    asOf: new Date(asOf),
    createdAt: new Date(createdAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    cancelledAt: cancelledAt === null ? null : new Date(cancelledAt),
  };
}

export type NewRun = Pick<Run, "id" | "job" | "localDate" | "trigger" | "options" | "asOf">;

/** Adds a run; null where a scheduled or catch-up run for this job and date exists already. */
export async function addRun(tx: LedgerTransaction, run: NewRun): Promise<Run | null> {
  const { rows } = await tx.execute<RunRow>(sql`
    insert into run (created_at, id, job, local_date, trigger, options, as_of)
    values (ledger_clock(), ${run.id}, ${run.job}, ${run.localDate}, ${run.trigger}, ${JSON.stringify(run.options)}::jsonb, ${run.asOf.toISOString()})
    on conflict (job, local_date) where trigger in ('schedule', 'catch-up') do nothing
    returning ${runColumns}`);
  return rows[0] === undefined ? null : toRun(rows[0]);
}

export async function runById(tx: LedgerTransaction, id: string): Promise<Run | null> {
  const { rows } = await tx.execute<RunRow>(sql`select ${runColumns} from run where id = ${id}`);
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** How long ago a run was started, by the database's clock. */
export async function runAgeMs(tx: LedgerTransaction, id: string): Promise<number> {
  const { rows } = await tx.execute<{ age: number }>(sql`
    select extract(epoch from ledger_clock() - created_at)::float8 * 1000 as age from run where id = ${id}`);
  return rows[0]!.age;
}

/** The scheduled or catch-up run of a job for one date. */
export async function runForDate(tx: LedgerTransaction, job: string, localDate: string): Promise<Run | null> {
  const { rows } = await tx.execute<RunRow>(sql`
    select ${runColumns} from run
    where job = ${job} and local_date = ${localDate} and trigger in ('schedule', 'catch-up')`);
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** The local date of a job's first scheduled run; null where it has none. */
export async function scheduledSince(tx: LedgerTransaction, job: string): Promise<string | null> {
  const { rows } = await tx.execute<{ since: string | null }>(sql`
    select min(local_date)::text as since from run where job = ${job} and trigger = 'schedule'`);
  return rows[0]!.since;
}

/** The local dates from `since` on for which a job has its one run, whatever became of it. */
export async function scheduledDates(
  tx: LedgerTransaction,
  job: string,
  since: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await tx.execute<{ date: string }>(sql`
    select local_date::text as date from run
    where job = ${job} and local_date >= ${since} and trigger in ('schedule', 'catch-up')
    order by local_date desc limit 10`);
  return new Set(rows.map(({ date }) => date));
}

/**
 * An open run for a date with these very options, scheduled ones too. Callers are put in a row by a lock on the job,
 * so that two at once cannot both find nothing.
 */
export async function openRunLike(
  tx: LedgerTransaction,
  job: string,
  localDate: string,
  options: RunOptions,
): Promise<Run | null> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('noctuary manual run'), hashtext(${job}))`);
  const { rows } = await tx.execute<RunRow>(sql`
    select ${runColumns} from run
    where job = ${job} and status = 'running' and cancelled_at is null and local_date = ${localDate}
      and options = ${JSON.stringify(options)}::jsonb
    order by created_at desc limit 1`);
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** The newest runs first; `prefix` keeps those whose id begins with it. */
export async function runs(
  tx: LedgerTransaction,
  { limit, prefix = "" }: { limit: number; prefix?: string },
): Promise<Run[]> {
  const { rows } = await tx.execute<RunRow>(sql`
    select ${runColumns} from run where starts_with(id, ${prefix}) order by created_at desc, id limit ${limit}`);
  return rows.map(toRun);
}

/** Ids of runs that are open, oldest first. */
export async function openRunIds(tx: LedgerTransaction, limit: number): Promise<string[]> {
  const { rows } = await tx.execute<{ id: string }>(
    sql`select id from run where status = 'running' order by created_at limit ${limit}`,
  );
  return rows.map((row) => row.id);
}

/** Locks an open run; null when it is closed already or has tasks that are not finished. */
export async function lockFinishedRun(tx: LedgerTransaction, id: string): Promise<Run | null> {
  const { rows } = await tx.execute<RunRow>(sql`
    select ${runColumns} from run where id = ${id} and status = 'running' for update`);
  if (rows[0] === undefined) return null;
  // A statement of its own: it must see what was committed while the lock was waited for.
  const open = await tx.execute(openTask(id));
  return open.rows.length > 0 ? null : toRun(rows[0]);
}

export async function hasOpenTasks(db: Database, id: string): Promise<boolean> {
  const { rows } = await sendAsLedger(db, openTask(id));
  return rows.length > 0;
}

function openTask(runId: string) {
  return sql`select 1 from task where run_id = ${runId} and status in ('pending', 'running') limit 1`;
}

export interface TaskSummary {
  status: "done" | "failed";
  step: string;
  tasks: number;
  result: Totals;
}

/** Finished tasks by step and status, with the sums of each number in their results. */
export async function taskSummaries(tx: LedgerTransaction, runId: string): Promise<TaskSummary[]> {
  const { rows } = await tx.execute<{
    status: "done" | "failed";
    step: string;
    tasks: number;
    result: Totals;
  }>(sql`
    with finished as (select step, status, result from task where run_id = ${runId} and status in ('done', 'failed'))
    select step, status, count(*)::int as tasks, coalesce((
      select jsonb_object_agg(name, total) from (
        select key as name, sum(value::numeric) as total
        from finished f, jsonb_each_text(f.result)
        where f.step = finished.step and f.status = finished.status group by key) sums), '{}'::jsonb) as result
    from finished group by step, status`);
  return rows;
}

export async function finishRun(
  tx: LedgerTransaction,
  id: string,
  end: {
    status: Exclude<RunStatus, "running">;
    totals: Totals;
    costUsd: number | null;
    error?: RecordedError;
  },
): Promise<void> {
  await tx.execute(sql`
    update run set status = ${end.status}, totals = ${JSON.stringify(end.totals)}::jsonb, cost_usd = ${end.costUsd},
      error = coalesce(${end.error === undefined ? null : JSON.stringify(end.error)}::jsonb, error), finished_at = ledger_clock()
    where id = ${id}`);
}

/** How long a run that has ended took. */
export async function runDurationMs(tx: LedgerTransaction, id: string): Promise<number> {
  const { rows } = await tx.execute<{ ms: number }>(sql`
    select extract(epoch from finished_at - created_at)::float8 * 1000 as ms from run where id = ${id}`);
  return rows[0]!.ms;
}

/** The newest ended run of a job that dealt with a user, before `before` where that is given. Dry runs and trials do not count. */
export async function lastRunOf(
  tx: LedgerTransaction,
  job: string,
  userId: string,
  before?: Run,
): Promise<Run | null> {
  const { rows } = await tx.execute<RunRow>(sql`
    select ${runColumns} from run r
    where job = ${job} and status <> 'running' and options->'dryRun' is distinct from 'true'::jsonb
      and options->'trial' is distinct from 'true'::jsonb
      and exists (select 1 from run_user u where u.run_id = r.id and u.user_id = ${userId} and u.status = 'done')
      and (${before?.id ?? null}::text is null or (r.id <> ${before?.id ?? null} and r.created_at < ${before?.createdAt.toISOString() ?? null}::timestamptz))
    order by created_at desc limit 1`);
  return rows[0] === undefined ? null : toRun(rows[0]);
}

/** Records on a run what stops a part of it; the first error stays. */
export async function recordRunError(tx: LedgerTransaction, id: string, error: RecordedError): Promise<void> {
  await tx.execute(sql`
    update run set error = coalesce(error, ${JSON.stringify(error)}::jsonb) where id = ${id}`);
}
