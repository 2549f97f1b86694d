import { randomUUID } from "node:crypto";
import type { UserTransaction } from "@noctuary/db/access";
import { saveUserState } from "@noctuary/db/account/account";
import type { Run } from "@noctuary/db/ledger/run";
import { lockRunUser, type RunUser, saveRunUser, unfinishedTasks } from "@noctuary/db/ledger/run-user";
import { addTasks } from "@noctuary/db/ledger/task";
import { wakeWaiting } from "@noctuary/db/ledger/wait";
import { CLUSTER, type ClusterPayload, EMBED } from "./steps.ts";

/** Users' rows that a transaction has locked: what stands in them does not change before its end. */
const locked = new WeakMap<UserTransaction, Promise<RunUser>>();

/** Locks the user's row before anything is saved in the transaction that ends one of the user's embed tasks. */
export function lockBeforeEmbedEnds(tx: UserTransaction, run: Run, userId: string): Promise<RunUser> {
  const locking = lockRunUser(tx, run.id, userId);
  locked.set(tx, locking);
  return locking;
}

/** Called in the transaction that ended one of a user's embed tasks. */
export async function afterEmbed(tx: UserTransaction, run: Run, userId: string): Promise<void> {
  const [user, unfinished] = await Promise.all([
    locked.get(tx) ?? lockRunUser(tx, run.id, userId),
    unfinishedTasks(tx, run.id, userId, EMBED),
  ]);
  // The night is over for this user, and the task was taken up again after that: what it stored is grouped by the next.
  if (user.status !== "open") await saveUserState(tx, userId, { editsPending: true });
  if (unfinished === 0) await clusterOrEnd(tx, run, user);
}

/** Called when the night is called off for a user before all of the user's tasks were made. */
export async function abandonUser(tx: UserTransaction, run: Run, userId: string): Promise<void> {
  await saveUserState(tx, userId, { editsPending: true });
  await endUser(tx, run, await lockRunUser(tx, run.id, userId), "failed");
}

/**
 * Starts a user's clustering once the user is planned to the end and each embed task is finished or failed. The
 * caller holds the lock on `user`: the last two embeds of a user that end at the same instant, and the plan, come
 * here one after the other, and exactly one of them finds nothing left (counting without the lock, none would).
 */
export async function clusterWhenReady(tx: UserTransaction, run: Run, user: RunUser): Promise<void> {
  if ((await unfinishedTasks(tx, run.id, user.userId, EMBED)) === 0) await clusterOrEnd(tx, run, user);
}

async function clusterOrEnd(tx: UserTransaction, run: Run, user: RunUser): Promise<void> {
  if (!user.isPlanned || user.status !== "open") return;
  if (!user.needsCluster) {
    await endUser(tx, run, user, "done");
    return;
  }
  const payload: ClusterPayload = {
    withholdDeletions: user.counts.withheld > 0,
    vanished: user.counts.vanished,
  };
  const added = await addTasks(tx, [
    { id: randomUUID(), runId: run.id, step: CLUSTER, queue: CLUSTER, userId: user.userId, payload },
  ]);
  // It is under way already, without what was taken up again and stored just now: the next night groups that.
  if (added === 0) await saveUserState(tx, user.userId, { editsPending: true });
}

/** Called in the transaction that ended a user's cluster task. */
export async function afterCluster(
  tx: UserTransaction,
  run: Run,
  userId: string,
  status: "done" | "failed",
): Promise<void> {
  await endUser(tx, run, await lockRunUser(tx, run.id, userId), status);
}

/** The night is over for this user: whatever waited for tonight's clusters is due now. */
async function endUser(
  tx: UserTransaction,
  run: Run,
  user: RunUser,
  status: "done" | "failed",
): Promise<void> {
  await saveRunUser(tx, run.id, { ...user, status });
  await wakeWaiting(tx, user.userId, run);
}
