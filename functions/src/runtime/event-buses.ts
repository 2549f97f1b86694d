import { appendFile } from "node:fs/promises";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { EventBus } from "@noctuary/core/runtime/event-bus";
import type { Settings } from "@noctuary/core/settings";
import type { OutgoingEvent } from "@noctuary/db/insights/event-outbox";
import { callLimits } from "./call-limits.ts";

const SOURCE = "noctuary";

/** The bus that the settings name; null where they name none. */
export function eventBusFor({
  eventBus,
  eventLog,
}: Pick<Settings, "eventBus" | "eventLog">): EventBus | null {
  if (eventBus !== undefined) {
    const requestHandler = callLimits({ requestMs: 10_000, connectMs: 5_000 });
    return eventBridge(new EventBridgeClient({ requestHandler }), eventBus);
  }
  return eventLog === undefined ? null : eventFile(eventLog);
}

/** Ids only: who is interested in a week reads it from the database, under its own rights. */
function detailOf({ id, userId, subject, at }: OutgoingEvent) {
  return { v: 1, eventId: String(id), userId, week: subject, at: at.toISOString() };
}

export function eventBridge(client: Pick<EventBridgeClient, "send">, bus: string): EventBus {
  return {
    async put(events) {
      const { Entries = [] } = await client.send(
        new PutEventsCommand({
          Entries: events.map((event) => ({
            EventBusName: bus,
            Source: SOURCE,
            DetailType: event.type,
            Time: event.at,
            Detail: JSON.stringify(detailOf(event)),
          })),
        }),
      );
      return events.map((_, i) => Entries[i]?.EventId !== undefined);
    },
  };
}

/** One JSON line an event. */
export function eventFile(path: string): EventBus {
  return {
    async put(events) {
      const lines = events.map((event) =>
        JSON.stringify({ source: SOURCE, type: event.type, detail: detailOf(event) }),
      );
      await appendFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
      return events.map(() => true);
    },
  };
}
