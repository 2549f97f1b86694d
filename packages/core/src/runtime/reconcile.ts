import { asLedger } from "@noctuary/db/access";
import { openRunIds } from "@noctuary/db/ledger/run";
import { dueTasks, markAnnounced } from "@noctuary/db/ledger/task-list";
import type { Context } from "../context.ts";
import { closeRunIfFinished } from "./close-run.ts";
import { sendEvents } from "./send-events.ts";
import { announce, sendOutbox } from "./send-outbox.ts";

const PAGE = 200;

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
  await sendEvents(context);
  const resent = await announceDue(context, remainingMs);
  for (const runId of await asLedger(context.db, (tx) => openRunIds(tx, PAGE))) {
    await closeRunIfFinished(context, runId);
  }
  context.logger.info("reconciled", { sent, resent });
  return { sent, resent };
}

/** Announces what is due; only what the queue accepted counts as announced. */
async function announceDue(context: Context, remainingMs: () => number): Promise<number> {
  const { db, limits } = context;
  let announced = 0;
  for (let afterId = ""; remainingMs() > 10_000; ) {
    const page = { limit: PAGE, quietMs: limits.resendAfterMs, afterId };
    const due = await asLedger(db, (tx) => dueTasks(tx, page));
    const sent = await announce(
      context,
      due.map(({ id, queue, userId }) => ({ taskId: id, queue, userId, delayMs: 0 })),
    );
    await asLedger(db, (tx) =>
      markAnnounced(
        tx,
        sent.map((row) => row.taskId),
      ),
    );
    announced += sent.length;
    if (due.length < PAGE || sent.length < due.length) break;
    afterId = due.at(-1)!.id;
  }
  return announced;
}
