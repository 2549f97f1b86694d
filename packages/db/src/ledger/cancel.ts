import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { type Run, runById } from "./run.ts";
import { type ClaimedRow, type ClaimedTask, claimed, claimedColumns } from "./task.ts";

/** Marks an open run as called off; null where it has ended or is not there. Marking it again changes nothing. */
export async function markCancelled(tx: LedgerTransaction, runId: string): Promise<Run | null> {
  const { rowCount } = await tx.execute(sql`
    update run set cancelled_at = coalesce(cancelled_at, ledger_clock())
    where id = ${runId} and status = 'running'`);
  return rowCount === 1 ? runById(tx, runId) : null;
}

/** Tasks of a run that are not finished, the plan first, so that it makes no more of them. */
export async function openTasks(
  tx: LedgerTransaction,
  runId: string,
  limit: number,
): Promise<{ id: string; userId: string | null }[]> {
  const { rows } = await tx.execute<{ id: string; userId: string | null }>(sql`
    select id, user_id as "userId" from task where run_id = ${runId} and status in ('pending', 'running')
    order by step <> 'plan', user_id, id limit ${limit}`);
  return rows;
}

/** Takes an open task from whoever holds it, due or not: its fence is raised. null where it is finished. */
export async function seizeTask(
  tx: LedgerTransaction | UserTransaction,
  id: string,
): Promise<ClaimedTask | null> {
  const { rows } = await tx.execute<ClaimedRow>(sql`
    update task set status = 'running', fence = fence + 1, not_before = null, waits_for = null
    where id = ${id} and status in ('pending', 'running') returning ${claimedColumns}`);
  return rows[0] === undefined ? null : claimed(rows[0]);
}
