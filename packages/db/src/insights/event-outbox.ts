import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";

/** What happened, to whom and about what: ids, and nothing that anybody wrote. */
export interface OutgoingEvent {
  id: number;
  type: "insight.ready";
  userId: string;
  subject: string;
  at: Date;
}

/** Long enough to put a page of events; a sender that died delays them by this much at most. */
const CLAIM_MS = 30_000;

/** Adds an event, in the transaction that makes it true. About one subject there is one, however often it is told. */
export async function addEvent(
  tx: UserTransaction,
  { type, userId, subject }: Pick<OutgoingEvent, "type" | "userId" | "subject">,
): Promise<void> {
  await tx.execute(sql`
    insert into event_outbox (user_id, type, subject) values (${userId}, ${type}, ${subject}) on conflict do nothing`);
}

export async function takeUnsentEvents(tx: LedgerTransaction, limit: number): Promise<OutgoingEvent[]> {
  const { rows } = await tx.execute<{
    id: string;
    type: OutgoingEvent["type"];
    user_id: string;
    subject: string;
    created_at: string;
  }>(sql`
    with unsent as (
      select id from event_outbox
      where sent_at is null and (claimed_until is null or claimed_until < clock_timestamp())
      order by id limit ${limit} for update skip locked)
    update event_outbox e set claimed_until = clock_timestamp() + ${CLAIM_MS} * interval '1 millisecond'
    from unsent where e.id = unsent.id
    returning e.id, e.type, e.user_id, e.subject, e.created_at`);
  return rows.map((row) => ({
    id: Number(row.id),
    type: row.type,
    userId: row.user_id,
    subject: row.subject,
    at: new Date(row.created_at),
  }));
}

export async function markEventsSent(tx: LedgerTransaction, events: readonly OutgoingEvent[]): Promise<void> {
  if (events.length === 0) return;
  const ids = `{${events.map((event) => event.id).join(",")}}`;
  await tx.execute(sql`update event_outbox set sent_at = clock_timestamp() where id = any(${ids}::bigint[])`);
}
