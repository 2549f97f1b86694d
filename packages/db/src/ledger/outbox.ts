import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";

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

/**
 * Takes unsent messages, oldest first. The claim lies in the row and not in a lock, so that no transaction is open
 * while the queue is called, and two senders rarely announce a task twice (which would change nothing).
 */
export async function takeUnsent(tx: LedgerTransaction, limit: number): Promise<OutboxRow[]> {
  const { rows } = await tx.execute<{
    id: string;
    queue: string;
    task_id: string;
    user_id: string | null;
    delay_ms: number;
  }>(sql`
    with unsent as (
      select id from outbox
      where sent_at is null and (claimed_until is null or claimed_until < ledger_clock())
      order by id limit ${limit} for update skip locked)
    update outbox set claimed_until = ledger_clock() + ${CLAIM_MS} * interval '1 millisecond'
    from unsent where outbox.id = unsent.id
    returning outbox.id, queue, task_id, user_id,
      greatest(0, coalesce(extract(epoch from not_before - ledger_clock()) * 1000, 0))::float8 as delay_ms`);
  return rows.map((row) => ({
    id: Number(row.id),
    queue: row.queue,
    taskId: row.task_id,
    userId: row.user_id,
    delayMs: row.delay_ms,
  }));
}

export async function markSent(tx: LedgerTransaction, rows: OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  const ids = `{${rows.map((row) => row.id).join(",")}}`;
  await tx.execute(sql`
    with sent as (update outbox set sent_at = ledger_clock() where id = any(${ids}::bigint[]) returning task_id)
    update task set sent_at = ledger_clock() from sent where task.id = sent.task_id`);
}

/** Writes a further message for a task that nobody has begun with: whoever got the first one has no time for it. */
export async function announceAgain(tx: LedgerTransaction, taskId: string): Promise<void> {
  await tx.execute(sql`
    insert into outbox (queue, task_id, user_id)
    select queue, id, user_id from task where id = ${taskId} and status = 'pending'`);
}

/** Removes what was sent long ago. */
export async function purgeSent(tx: LedgerTransaction, olderThanMs: number): Promise<void> {
  await tx.execute(
    sql`delete from outbox where sent_at < ledger_clock() - ${olderThanMs} * interval '1 millisecond'`,
  );
}
