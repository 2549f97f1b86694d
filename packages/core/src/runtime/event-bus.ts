import type { OutgoingEvent } from "@noctuary/db/insights/event-outbox";

/** Where events go that others may listen to: EventBridge on AWS, a file on one machine. */
export interface EventBus {
  /** Puts up to ten events. Returns for each whether it was accepted; a part may be. */
  put(events: readonly OutgoingEvent[]): Promise<boolean[]>;
}
