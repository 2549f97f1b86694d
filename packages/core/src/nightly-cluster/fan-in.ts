import { randomUUID } from "node:crypto";
import type { UserTransaction } from "@noctuary/db/access";
import { lockRunUser, type RunUser, saveRunUser, unfinishedTasks } from "@noctuary/db/ledger/run-user";
import { addTasks } from "@noctuary/db/ledger/task";
import { CLUSTER, type ClusterPayload, EMBED } from "./steps.ts";

/** Called in the transaction that ended one of a user's embed tasks. */
export async function afterEmbed(tx: UserTransaction, runId: string, userId: string): Promise<void> {
  await clusterWhenReady(tx, runId, await lockRunUser(tx, runId, userId));
}

/**
 * Starts a user's clustering once the user is planned to the end and each embed task is finished or failed. The
 * caller holds the lock on `user`: the last two embeds of a user that end at the same instant, and the plan, come
 * here one after the other, and exactly one of them finds nothing left (counting without the lock, none would).
 */
export async function clusterWhenReady(tx: UserTransaction, runId: string, user: RunUser): Promise<void> {
  if (!user.isPlanned || user.status !== "open") return;
  if ((await unfinishedTasks(tx, runId, user.userId, EMBED)) > 0) return;
  if (!user.needsCluster) {
    await saveRunUser(tx, runId, { ...user, status: "done" });
    return;
  }
  const payload: ClusterPayload = { withholdDeletions: user.counts.withheld > 0 };
  await addTasks(tx, [
    { id: randomUUID(), runId, step: CLUSTER, queue: CLUSTER, userId: user.userId, payload },
  ]);
}

/** Called in the transaction that ended a user's cluster task. */
export async function afterCluster(
  tx: UserTransaction,
  runId: string,
  userId: string,
  status: "done" | "failed",
): Promise<void> {
  await saveRunUser(tx, runId, { ...(await lockRunUser(tx, runId, userId)), status });
}
