import { sql } from "drizzle-orm";
import { type LedgerTransaction, sendAsLedger } from "../access.ts";
import type { Database } from "../database.ts";
import { call } from "../opened-query.ts";

export interface OutboxRow {
  id: number;
  queue: string;
  taskId: string;
  userId: string | null;
  /** How long the queue should hold the message back, in milliseconds; 0 when it is due. */
  delayMs: number;
}

/** Long enough to send a page of messages; a sender that died delays its rows by this much at most. */
const CLAIM_MS = 30_000;

/** A crash of the server that takes such a commit back has messages sent twice, which changes nothing. */
const sentTwice = { mayBeLost: true };

/**
 * Takes messages to send, oldest first. The claim lies in the row and not in a lock, so that no transaction is open
 * while the queue is called, and two senders rarely announce a task twice (which would change nothing).
 */
export async function takeUnsent(db: Database, limit: number): Promise<OutboxRow[]> {
  const { rows } = await sendAsLedger(db, call("take_unsent", [limit, CLAIM_MS]), sentTwice);
  return (rows as unknown as UnsentRow[]).map((row) => ({
    id: Number(row.id),
    queue: row.queue,
    taskId: row.task_id,
    userId: row.user_id,
    delayMs: row.delay_ms,
  }));
}

/** As `take_unsent` returns it. */
interface UnsentRow {
  id: string;
  queue: string;
  task_id: string;
  user_id: string | null;
  delay_ms: number;
}

/** Removes messages that the queue has accepted: what stands in the outbox is to be sent. */
export async function markSent(db: Database, rows: OutboxRow[]): Promise<void> {
  if (rows.length > 0) await sendAsLedger(db, call("mark_sent", [rows.map(({ id }) => id)]), sentTwice);
}

/** Writes a further message for a task that nobody has begun with: whoever got the first one has no time for it. */
export async function announceAgain(tx: LedgerTransaction, taskId: string): Promise<void> {
  await tx.execute(sql`
    insert into outbox (queue, task_id, user_id)
    select queue, id, user_id from task where id = ${taskId} and status = 'pending'`);
}
