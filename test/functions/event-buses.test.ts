import { readFileSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { EventBus } from "@noctuary/core/runtime/event-bus";
import type { OutgoingEvent } from "@noctuary/db/insights/event-outbox";
import { eventBusFor, eventFile } from "@noctuary/functions/runtime/event-buses";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../cli/noctuary.ts";

const event = (id: number): OutgoingEvent => ({
  id,
  type: "insight.ready",
  userId: `user "${id}"\n`,
  subject: "2026-10-24",
  at: new Date("2026-10-25T07:00:01.250Z"),
});

interface Entry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
  Time: number;
}

/** EventBridge's PutEvents as it goes over the wire: JSON 1.1, the action in a header. */
let server: Server;
let calls: { target: string; entries: Entry[] }[];
/** What becomes of each entry; null for a server that fails. */
let answer: (entry: Entry) => { EventId: string } | { ErrorCode: string; ErrorMessage: string } | null;

beforeEach(async () => {
  calls = [];
  answer = () => ({ EventId: "accepted" });
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const { Entries } = JSON.parse(body) as { Entries: Entry[] };
      calls.push({ target: String(request.headers["x-amz-target"]), entries: Entries });
      const answers = Entries.map(answer);
      const isDown = answers.includes(null);
      response.writeHead(isDown ? 500 : 200, { "content-type": "application/x-amz-json-1.1" });
      const FailedEntryCount = answers.filter((one) => one !== null && "ErrorCode" in one).length;
      response.end(
        JSON.stringify(isDown ? { __type: "InternalException" } : { FailedEntryCount, Entries: answers }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

/** The bus as the functions open it, its address set as the SDK reads it. */
function bus(): EventBus {
  vi.stubEnv("AWS_ENDPOINT_URL_EVENTBRIDGE", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "a");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "b");
  vi.stubEnv("AWS_PROFILE", "");
  vi.stubEnv("AWS_MAX_ATTEMPTS", "1");
  return eventBusFor({ eventBus: "weeks", eventLog: undefined })!;
}

describe("EventBridge", () => {
  test("an event is put with ids alone, on the bus that is set", async () => {
    expect(await bus().put([event(7)])).toEqual([true]);
    const [call] = calls;
    expect(call!.target).toBe("AWSEvents.PutEvents");
    const [entry] = call!.entries;
    expect(entry).toMatchObject({ EventBusName: "weeks", Source: "noctuary", DetailType: "insight.ready" });
    expect(new Date(entry!.Time * 1000).toISOString().slice(0, 19)).toBe("2026-10-25T07:00:01");
    expect(JSON.parse(entry!.Detail)).toEqual({
      v: 1,
      eventId: "7",
      userId: 'user "7"\n',
      week: "2026-10-24",
      at: "2026-10-25T07:00:01.250Z",
    });
  });

  test("of a part that was refused it is known which", async () => {
    answer = ({ Detail }) =>
      JSON.parse(Detail).eventId === "2"
        ? { ErrorCode: "ThrottlingException", ErrorMessage: "slow down" }
        : { EventId: "accepted" };
    expect(await bus().put([event(1), event(2), event(3)])).toEqual([true, false, true]);
  });

  test("a bus that is down throws, and nothing counts as put", async () => {
    answer = () => null;
    await expect(bus().put([event(1)])).rejects.toThrow();
  });
});

describe("the file of one machine", () => {
  test("gets one line an event, whatever an id holds, and is for its owner alone", async () => {
    const path = join(temporaryFolder(), "events.jsonl");
    const file = eventFile(path);
    expect(await file.put([event(1), event(2)])).toEqual([true, true]);
    await file.put([event(3)]);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).detail.eventId)).toEqual(["1", "2", "3"]);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      source: "noctuary",
      type: "insight.ready",
      detail: { userId: 'user "1"\n', week: "2026-10-24" },
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test("a place that cannot be written to throws", async () => {
    await expect(
      eventFile(join(temporaryFolder(), "nowhere", "events.jsonl")).put([event(1)]),
    ).rejects.toThrow();
  });
});

test("without a bus and a file there is none; a bus goes before a file", () => {
  expect(eventBusFor({ eventBus: undefined, eventLog: undefined })).toBeNull();
  expect(eventBusFor({ eventBus: "weeks", eventLog: undefined })).not.toBeNull();
});
