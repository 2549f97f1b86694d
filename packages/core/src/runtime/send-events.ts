import { asLedger } from "@noctuary/db/access";
import { markEventsSent, type OutgoingEvent, takeUnsentEvents } from "@noctuary/db/insights/event-outbox";
import type { Context } from "../context.ts";
import { recordable } from "../errors.ts";
import type { EventBus } from "./event-bus.ts";

const PAGE = 10;

/**
 * Puts what stands in the event outbox. What was not accepted stays for a later pass. An event may be put twice, where
 * a sender died in between: its id is the same, and whoever listens goes by that.
 */
export async function sendEvents({
  db,
  events: bus,
  logger,
}: Pick<Context, "db" | "events" | "logger">): Promise<number> {
  if (bus === null) return 0;
  for (let put = 0; ; ) {
    const events = await asLedger(db, (tx) => takeUnsentEvents(tx, PAGE));
    if (events.length === 0) return put;
    const sent = await accepted(bus, events, logger);
    await asLedger(db, (tx) => markEventsSent(tx, sent));
    put += sent.length;
    if (sent.length < events.length) return put;
  }
}

async function accepted(
  bus: EventBus,
  events: OutgoingEvent[],
  logger: Context["logger"],
): Promise<OutgoingEvent[]> {
  try {
    const answers = await bus.put(events);
    const sent = events.filter((_, i) => answers[i]);
    if (sent.length < events.length)
      logger.warn("events refused by the bus", { events: events.length - sent.length });
    return sent;
  } catch (error) {
    const { class: errorClass, code: errorCode } = recordable(error);
    logger.warn("event bus not reached", { errorClass, errorCode });
    return [];
  }
}
