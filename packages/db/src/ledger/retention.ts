import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";

/**
 * Removes audit rows that are older than so many days, the oldest of them first. Returns how many. The database itself
 * refuses to remove younger ones than 30 days (see the policy `kept_for_a_month`).
 */
export async function purgeAudit(tx: LedgerTransaction, days: number, limit: number): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    delete from audit_log where id in (select id from audit_log
      where at < (select ledger_clock()) - ${days} * interval '1 day' order by at limit ${limit})`);
  return rowCount ?? 0;
}

/** The oldest run that ended more than so many days ago; null where there is none. */
export async function runPastRetention(tx: LedgerTransaction, days: number): Promise<string | null> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from run where created_at < (select ledger_clock()) - ${days} * interval '1 day'
      and finished_at < (select ledger_clock()) - ${days} * interval '1 day'
    order by created_at limit 1`);
  return rows[0]?.id ?? null;
}

/** Removes a run that has ended, with its tasks and messages. */
export async function removeRun(tx: LedgerTransaction, runId: string): Promise<void> {
  await tx.execute(sql`delete from outbox where task_id in (select id from task where run_id = ${runId})`);
  await tx.execute(sql`delete from run where id = ${runId} and status <> 'running'`);
}

/**
 * Takes a user out of every run that has ended and began before a moment (as PostgreSQL prints it; null: before now): their
 * tasks and messages go, and a request that named them names nobody in their place. Totals and costs of the runs stay. A
 * run that is under way keeps its rows until the next clean-up.
 */
export async function forgetUserInRuns(
  tx: LedgerTransaction,
  userId: string,
  before: string | null = null,
): Promise<void> {
  const ended = sql`status <> 'running' and created_at < coalesce(${before}::timestamptz, clock_timestamp())`;
  const inEnded = sql`user_id = ${userId} and run_id in (select id from run where ${ended})`;
  await tx.execute(sql`delete from outbox where task_id in (select id from task where ${inEnded})`);
  await tx.execute(sql`delete from task where ${inEnded}`);
  await tx.execute(sql`delete from run_user where ${inEnded}`);
  await tx.execute(sql`
    update run set options = jsonb_set(options, '{userIds}', (
      select jsonb_agg(case id when ${userId} then '' else id end)
      from jsonb_array_elements_text(options->'userIds') asked(id)))
    where ${ended} and options->'userIds' @> to_jsonb(${userId}::text)`);
}

/** Users who were forgotten while a run was under way that has ended since, with the moment (as PostgreSQL prints it). */
export async function forgottenLeftInRuns(tx: LedgerTransaction): Promise<{ userId: string; at: string }[]> {
  const { rows } = await tx.execute<{ userId: string; at: string }>(sql`
    select a.user_id as "userId", max(a.at)::text as at from audit_log a
    join run_user u on u.user_id = a.user_id
    join run r on r.id = u.run_id and r.status <> 'running' and r.created_at < a.at
    where a.action = 'user forgotten' and a.at > clock_timestamp() - interval '30 days' group by a.user_id`);
  return rows;
}
