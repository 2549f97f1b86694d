import { asLedger } from "@noctuary/db/access";
import type { Run } from "@noctuary/db/ledger/run";
import { type NightOfUser, nightOfUser } from "@noctuary/db/ledger/wait";
import type { Context } from "../context.ts";
import type { Wait } from "../job.ts";

const CLUSTERS = "nightly-cluster";

/** Which clusters a user's task works with: those of its own night, or what an earlier night left. */
export type ClustersInUse = "tonight" | "earlier";

/**
 * Waits for the user's clusters of the run's own night, for a bounded time; after that, and where that night failed for
 * the user, an earlier night's are used and the caller says so. A dry run does not wait.
 */
export async function waitForClusters(input: {
  context: Pick<Context, "db" | "limits">;
  run: Run;
  task: { id: string };
  userId: string;
}): Promise<ClustersInUse | Wait> {
  const { context, run, task, userId } = input;
  const night = { job: CLUSTERS, localDate: run.localDate };
  const decide = async (tx: Parameters<typeof nightOfUser>[0]) =>
    decideWait(await nightOfUser(tx, night, { userId, taskId: task.id }), {
      isScheduled: run.trigger !== "manual",
      mayWaitMs: run.options.dryRun === true ? 0 : context.limits.clusterWaitMs,
    });
  const decided = await asLedger(context.db, decide);
  if (typeof decided === "string") return decided;
  return {
    waitsFor: night,
    async leftMs(tx) {
      const now = await decide(tx);
      return typeof now === "string" ? 0 : now.leftMs;
    },
  };
}

/**
 * A scheduled run also waits for a night that has not begun: its schedule may be late. Who starts a run by hand waits
 * only for clusters that are being made right now.
 */
export function decideWait(
  { runs, waitedMs }: NightOfUser,
  { isScheduled, mayWaitMs }: { isScheduled: boolean; mayWaitMs: number },
): ClustersInUse | { leftMs: number } {
  if (runs.some((run) => run.userStatus === "done")) return "tonight";
  const isUnderWay = runs.some((run) => run.isOpen && run.userStatus !== "failed");
  const isAwaited = isUnderWay || (isScheduled && runs.length === 0);
  const leftMs = mayWaitMs - waitedMs;
  return isAwaited && leftMs > 0 ? { leftMs } : "earlier";
}
