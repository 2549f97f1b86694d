import { asLedger } from "@noctuary/db/access";
import { purgeBudgets } from "@noctuary/db/budget/budget-month";
import {
  forgetUserInRuns,
  forgottenLeftInRuns,
  purgeAudit,
  removeRun,
  runPastRetention,
} from "@noctuary/db/ledger/retention";
import { anonymiseUsage } from "@noctuary/db/notes/note";
import type { Context } from "../context.ts";

const ROWS_AT_ONCE = 5_000;

/**
 * The clean-up of what is kept for a time only: audit, months of budgets and runs whose retention has ended, and what a run
 * that was under way has kept of somebody forgotten. It stops when its time is up; the next night goes on with the rest.
 */
export async function endRetention(
  { db, limits: { retentionDays } }: Pick<Context, "db" | "limits">,
  hasTime: () => boolean,
): Promise<void> {
  for (const { userId, at } of await asLedger(db, (tx) => forgottenLeftInRuns(tx))) {
    await asLedger(db, async (tx) => {
      await forgetUserInRuns(tx, userId, at);
      await anonymiseUsage(tx, userId);
    });
  }
  for (const purge of [purgeAudit, purgeBudgets])
    for (let removed = ROWS_AT_ONCE; removed === ROWS_AT_ONCE && hasTime(); )
      removed = await asLedger(db, (tx) => purge(tx, retentionDays, ROWS_AT_ONCE));
  while (hasTime()) {
    const isRemoved = await asLedger(db, async (tx) => {
      const runId = await runPastRetention(tx, retentionDays);
      if (runId !== null) await removeRun(tx, runId);
      return runId !== null;
    });
    if (!isRemoved) return;
  }
}
