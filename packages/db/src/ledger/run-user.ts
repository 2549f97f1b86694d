import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";
import type { PlannedCounts } from "./ledger.sql.ts";
import type { Run } from "./run.ts";
import { type Night, waitKey } from "./wait.ts";

export interface RunUser {
  userId: string;
  cursor: string;
  counts: PlannedCounts;
  isPlanned: boolean;
  needsCluster: boolean;
  status: "open" | "done" | "failed";
}

export const noCounts: PlannedCounts = {
  live: 0,
  new: 0,
  changed: 0,
  unchanged: 0,
  excluded: 0,
  vanished: 0,
  withheld: 0,
};

/**
 * Takes the row that everything about one user in one run is decided under, making it where it is missing. Two
 * planners, or the last two embeds of a user, go through here one after the other.
 */
export async function lockRunUser(tx: UserTransaction, runId: string, userId: string): Promise<RunUser> {
  const { rows } = await tx.execute<{
    cursor: string;
    counts: PlannedCounts;
    is_planned: boolean;
    needs_cluster: boolean;
    status: RunUser["status"];
  }>(sql`
    insert into run_user as u (run_id, user_id, counts)
    values (${runId}, ${userId}, ${JSON.stringify(noCounts)}::jsonb)
    on conflict (run_id, user_id) do update set status = u.status
    returning cursor, counts, planned_at is not null as is_planned, needs_cluster, status`);
  const row = rows[0]!;
  return {
    userId,
    cursor: row.cursor,
    counts: row.counts,
    isPlanned: row.is_planned,
    needsCluster: row.needs_cluster,
    status: row.status,
  };
}

export async function saveRunUser(tx: UserTransaction, runId: string, user: RunUser): Promise<void> {
  await tx.execute(sql`
    update run_user set cursor = ${user.cursor}, counts = ${JSON.stringify(user.counts)}::jsonb,
      needs_cluster = ${user.needsCluster}, status = ${user.status},
      planned_at = case when ${user.isPlanned} then coalesce(planned_at, ledger_clock()) end
    where run_id = ${runId} and user_id = ${user.userId}`);
}

/**
 * Ends the part of a user in a run. What waits for that night of the user's is due now. A row that is not there yet, of a
 * user whose plan was never begun, is made.
 */
export async function endRunUser(
  tx: UserTransaction,
  run: Night & Pick<Run, "id">,
  userId: string,
  status: "done" | "failed",
): Promise<void> {
  await lockRunUser(tx, run.id, userId);
  await tx.execute(sql`select end_run_user(${run.id}, ${userId}, ${status}, ${waitKey(run)})`);
}

/**
 * Starts a user's clustering once the user is planned to the end and each embed task is finished or failed. Said in the
 * transaction that planned the user or ended one of these tasks.
 */
export async function clusterWhenReady(
  tx: UserTransaction,
  run: Night & Pick<Run, "id">,
  userId: string,
): Promise<void> {
  await tx.execute(sql`select cluster_when_ready(${run.id}, ${userId}, ${waitKey(run)})`);
}

/** Makes these users part of a run, planned to the end: for jobs that do not look through notes one by one. */
export async function addPlannedUsers(
  tx: LedgerTransaction,
  runId: string,
  userIds: string[],
): Promise<void> {
  await tx.execute(sql`
    insert into run_user (run_id, user_id, counts, planned_at)
    select ${runId}, id, '{}'::jsonb, ledger_clock() from unnest(${textArray(userIds)}) as u(id)
    on conflict do nothing`);
}

/**
 * Makes these users part of a run in the order of their ids, those that are planned with their counts; who is part of it
 * already stays as they are. Returns the ids of those that were added.
 */
export async function addRunUsers(
  tx: LedgerTransaction,
  runId: string,
  users: readonly Omit<RunUser, "status">[],
): Promise<Set<string>> {
  const { rows } = await tx.execute<{ user_id: string }>(sql`
    insert into run_user (run_id, user_id, cursor, counts, needs_cluster, planned_at)
    select ${runId}, "userId", cursor, counts, "needsCluster", case when "isPlanned" then ledger_clock() end
    from jsonb_to_recordset(${JSON.stringify(users)}::jsonb)
      as u("userId" text, cursor text, counts jsonb, "needsCluster" boolean, "isPlanned" boolean)
    order by "userId" collate "C"
    on conflict (run_id, user_id) do nothing
    returning user_id`);
  return new Set(rows.map((row) => row.user_id));
}

/** The last user who is part of a run: a plan that was interrupted goes on after it. '' where there is none. */
export async function lastRunUser(tx: LedgerTransaction, runId: string): Promise<string> {
  const { rows } = await tx.execute<{ user_id: string }>(sql`
    select user_id from run_user where run_id = ${runId} order by user_id desc limit 1`);
  return rows[0]?.user_id ?? "";
}

/** Users up to that one whose plan has not come to its end. */
export async function unplannedUsers(tx: LedgerTransaction, runId: string): Promise<string[]> {
  const { rows } = await tx.execute<{ user_id: string }>(sql`
    select user_id from run_user where run_id = ${runId} and status = 'open' and planned_at is null order by user_id`);
  return rows.map((row) => row.user_id);
}

/** Counts are there only where users were planned note by note. */
export interface RunUserTotals extends Partial<PlannedCounts> {
  users: number;
  failedUsers: number;
}

export async function runUserTotals(tx: LedgerTransaction, runId: string): Promise<RunUserTotals> {
  const sum = (name: keyof PlannedCounts) =>
    sql`sum((counts->>${sql.raw(`'${name}'`)})::bigint)::float8 as ${sql.raw(`"${name}"`)}`;
  const names = Object.keys(noCounts) as (keyof PlannedCounts)[];
  const { rows } = await tx.execute<Record<string, number | null>>(sql`
    select count(*)::int as users, (count(*) filter (where status = 'failed'))::int as "failedUsers",
      ${sql.join(names.map(sum), sql`, `)}
    from run_user where run_id = ${runId}`);
  const counted = Object.entries(rows[0]!).filter(([, value]) => value !== null);
  return Object.fromEntries(counted) as unknown as RunUserTotals;
}

/** Users whose part in a run has not ended. */
export async function openRunUsers(tx: LedgerTransaction, runId: string, limit: number): Promise<string[]> {
  const { rows } = await tx.execute<{ user_id: string }>(sql`
    select user_id from run_user where run_id = ${runId} and status = 'open' order by user_id limit ${limit}`);
  return rows.map((row) => row.user_id);
}
