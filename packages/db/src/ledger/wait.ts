import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import type { Run } from "./run.ts";

/** One night of a job: what tasks of another job may wait for. */
export type Night = Pick<Run, "job" | "localDate">;

/** How a task names the night that it waits for. */
export function waitKey({ job, localDate }: Night): string {
  return `${job} ${localDate}`;
}

/**
 * Puts those who begin to wait for something of a user's and those who end such waits in a row. Without it a wait that
 * begins while its end is being committed would be seen by neither, and last until its deadline. Held to the end of the
 * transaction; what is asked after it must be a statement of its own.
 */
export async function lockWaits(tx: LedgerTransaction | UserTransaction, userId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtext('noctuary wait'), hashtext(${userId}))`);
}

export interface NightOfUser {
  /** Runs of that night which deal with the user, and where the user stands in each; null before they are planned. */
  runs: { id: string; isOpen: boolean; userStatus: "open" | "done" | "failed" | null }[];
  /** How long ago the waiting task was made, by the database's clock. */
  waitedMs: number;
}

/** How far a night has come for a user. Dry runs and trials do not count, nor do runs that were asked for others. */
export async function nightOfUser(
  tx: LedgerTransaction,
  { job, localDate }: Night,
  { userId, taskId }: { userId: string; taskId: string },
): Promise<NightOfUser> {
  const { rows } = await tx.execute<{
    waited_ms: number;
    id: string | null;
    is_open: boolean;
    user_status: NightOfUser["runs"][number]["userStatus"];
  }>(sql`
    select extract(epoch from ledger_clock() - t.created_at)::float8 * 1000 as waited_ms, r.id,
      r.status = 'running' as is_open, u.status as user_status
    from task t
    left join run r on r.job = ${job} and r.local_date = ${localDate} and r.options->'dryRun' is distinct from 'true'::jsonb
      and r.options->'trial' is distinct from 'true'::jsonb
      and (r.options->'userIds' is null or r.options->'userIds' ? ${userId})
    left join run_user u on u.run_id = r.id and u.user_id = ${userId}
    where t.id = ${taskId} order by r.created_at`);
  return {
    waitedMs: rows[0]!.waited_ms,
    runs: rows.flatMap((row) =>
      row.id === null ? [] : [{ id: row.id, isOpen: row.is_open, userStatus: row.user_status }],
    ),
  };
}
