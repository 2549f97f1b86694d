import { markSent, type OutboxRow, takeUnsent } from "@noctuary/db/ledger/outbox";
import type { Context } from "../context.ts";
import { recordable } from "../errors.ts";
import { groupOf, type OutgoingMessage } from "./queue.ts";

const PAGE = 200;
/** SQS holds a message back for 15 minutes at most; what waits longer is sent by the reconciler when it is due. */
const MAX_DELAY_SECONDS = 900;

/**
 * Sends what stands in the outbox and returns how many messages were accepted. What was not stays for a later pass: the
 * work that wrote it is done and committed, so a queue that is down fails nobody here.
 */
export async function sendOutbox({
  db,
  queue,
  logger,
}: Pick<Context, "db" | "queue" | "logger">): Promise<number> {
  for (let accepted = 0; ; ) {
    const rows = await takeUnsent(db, PAGE);
    if (rows.length === 0) return accepted;
    const sent = await announce({ queue, logger }, rows);
    await markSent(db, sent);
    accepted += sent.length;
    if (rows.length < PAGE || sent.length < rows.length) return accepted;
  }
}

type Announcement = Pick<OutboxRow, "queue" | "taskId" | "userId" | "delayMs">;

/** Sends messages and returns those that the queue accepted: none where it cannot be reached. */
export async function announce<Row extends Announcement>(
  { queue, logger }: Pick<Context, "queue" | "logger">,
  rows: Row[],
): Promise<Row[]> {
  const messages = rows.map(
    (row): OutgoingMessage => ({
      queue: row.queue,
      body: { v: 1, taskId: row.taskId },
      group: groupOf(row.userId),
      delaySeconds: Math.min(MAX_DELAY_SECONDS, Math.ceil(row.delayMs / 1000)),
    }),
  );
  try {
    const accepted = await queue.send(messages);
    const sent = rows.filter((_, i) => accepted[i]);
    if (sent.length < rows.length)
      logger.warn("messages refused by the queue", { messages: rows.length - sent.length });
    return sent;
  } catch (error) {
    const recorded = recordable(error);
    logger.warn("queue not reached", { errorClass: recorded.class, errorCode: recorded.code });
    return [];
  }
}
