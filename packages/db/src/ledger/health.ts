import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";
import type { RunStatus, Totals } from "./ledger.sql.ts";

/** The database's clock: what is late is late by it, whatever the clock of the machine that asks. */
export async function databaseNow(tx: LedgerTransaction): Promise<Date> {
  const { rows } = await tx.execute<{ now: string }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::text as now`,
  );
  return new Date(Number(rows[0]!.now));
}

export interface PastRun {
  status: RunStatus;
  totals: Totals;
  /** From its beginning to its end; up to now where it has not ended. */
  durationMs: number;
  /** How long ago it began. */
  ageMs: number;
  /** How long ago it ended; null where it has not. */
  endedMs: number | null;
}

/** A job's own runs, scheduled or made up for, the newest local date first. */
export async function pastRuns(tx: LedgerTransaction, job: string, limit: number): Promise<PastRun[]> {
  const { rows } = await tx.execute<{ [K in keyof PastRun]: PastRun[K] }>(sql`
    select status, totals,
      extract(epoch from coalesce(finished_at, clock_timestamp()) - created_at)::float8 * 1000 as "durationMs",
      extract(epoch from clock_timestamp() - created_at)::float8 * 1000 as "ageMs",
      extract(epoch from clock_timestamp() - finished_at)::float8 * 1000 as "endedMs"
    from run where job = ${job} and trigger in ('schedule', 'catch-up')
    order by local_date desc limit ${limit}`);
  return rows;
}

/** How long ago the oldest open run of each job began, by job. Whoever asked for it. */
export async function openRunAges(
  tx: LedgerTransaction,
): Promise<Map<string, { runs: number; ageMs: number }>> {
  const { rows } = await tx.execute<{ job: string; runs: number; age_ms: number }>(sql`
    select job, count(*)::int as runs,
      extract(epoch from clock_timestamp() - min(created_at))::float8 * 1000 as age_ms
    from run where status = 'running' group by job`);
  return new Map(rows.map(({ job, runs, age_ms }) => [job, { runs, ageMs: age_ms }]));
}

/** How long ago the oldest unfinished task of each queue was made, by queue. */
export async function oldestTaskAges(tx: LedgerTransaction): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ queue: string; age_ms: number }>(sql`
    select queue, extract(epoch from clock_timestamp() - min(created_at))::float8 * 1000 as age_ms
    from task where status in ('pending', 'running') group by queue`);
  return new Map(rows.map(({ queue, age_ms }) => [queue, age_ms]));
}

/** Tasks that were given up in each job's newest run, by job; those of a run that somebody called off are none. */
export async function failedTasksOfNewest(tx: LedgerTransaction): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ job: string; failed: number }>(sql`
    select r.job, (select count(*)::int from task t where t.run_id = r.id and t.status = 'failed'
      and t.error->>'code' is distinct from 'run_cancelled') as failed
    from (select distinct on (job) job, id from run where trigger in ('schedule', 'catch-up')
      order by job, local_date desc) r`);
  return new Map(rows.map(({ job, failed }) => [job, failed]));
}

/** Connections to this database, and how many the server takes. */
export async function connectionsUsed(
  tx: LedgerTransaction,
): Promise<{ connections: number; maxConnections: number }> {
  const { rows } = await tx.execute<{ connections: number; max: number }>(sql`
    select count(*) filter (where datname is not null)::int as connections,
      current_setting('max_connections')::int as max
    from pg_stat_activity`);
  return { connections: rows[0]!.connections, maxConnections: rows[0]!.max };
}
