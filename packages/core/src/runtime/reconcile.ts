import { asLedger } from "@noctuary/db/access";
import { purgeSent } from "@noctuary/db/ledger/outbox";
import { openRunIds } from "@noctuary/db/ledger/run";
import { takeDueTasks } from "@noctuary/db/ledger/task";
import type { Context } from "../context.ts";
import { closeRunIfFinished } from "./close-run.ts";
import { groupOf } from "./queue.ts";
import { sendOutbox } from "./send-outbox.ts";

const PAGE = 200;
const KEEP_SENT_MS = 24 * 3600_000;

export interface Reconciled {
  /** Messages of the outbox that were sent. */
  sent: number;
  /** Tasks announced again: due, and nobody at work on them. */
  resent: number;
}

/**
 * Puts right what a queue that forgot, a worker that died or a sender that was killed left behind: sends the outbox,
 * announces every task that is due and has no live lease, and closes runs that are through.
 */
export async function reconcile(context: Context, remainingMs: () => number): Promise<Reconciled> {
  const sent = await sendOutbox(context);
  let resent = 0;
  while (remainingMs() > 10_000) {
    const due = await asLedger(context.db, (tx) =>
      takeDueTasks(tx, { limit: PAGE, quietMs: context.limits.resendAfterMs }),
    );
    if (due.length === 0) break;
    await context.queue.send(
      due.map((task) => ({
        queue: task.queue,
        body: { v: 1, taskId: task.id },
        group: groupOf(task.userId),
        delaySeconds: 0,
      })),
    );
    resent += due.length;
    // Without a quiet time the same rows would be taken again at once.
    if (due.length < PAGE || context.limits.resendAfterMs === 0) break;
  }
  for (const runId of await asLedger(context.db, (tx) => openRunIds(tx, PAGE))) {
    await closeRunIfFinished(context, runId);
  }
  await asLedger(context.db, (tx) => purgeSent(tx, KEEP_SENT_MS));
  context.logger.info("reconciled", { sent, resent });
  return { sent, resent };
}
