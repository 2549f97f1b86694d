import { readFileSync } from "node:fs";
import { jobs } from "@noctuary/core/jobs";
import { clusterPayload, embedPayload } from "@noctuary/core/nightly-cluster/steps";
import { stacksPayload } from "@noctuary/core/nightly-stacks/stacks";
import { taskMessage } from "@noctuary/core/runtime/queue";
import { insightsPayload } from "@noctuary/core/weekly-insights/insights";
import { startEvent } from "@noctuary/functions/runtime/orchestrator";
import { describe, expect, test } from "vitest";

/**
 * What earlier versions put into queues, tasks and schedules. A deploy finds them there, so they stay readable: add to
 * this file when a contract grows, never change what is in it.
 */
const v1 = JSON.parse(readFileSync(new URL("./payloads-v1.json", import.meta.url), "utf8")) as {
  messages: unknown[];
  payloads: Record<string, unknown[]>;
  events: unknown[];
};

test("the fixture has payloads of every step", () => {
  const steps = jobs.flatMap((job) => [job.plan, ...job.steps]).map((step) => step.slug);
  expect(Object.keys(v1.payloads).sort()).toEqual([...new Set(steps)].sort());
});

describe("what version 1 wrote is read as it was meant", () => {
  test.each(v1.messages)("message %j", (message) => expect(taskMessage.parse(message)).toEqual(message));
  test.each(v1.payloads.embed!)("embed payload %j", (payload) =>
    expect(embedPayload.parse(payload)).toEqual(payload),
  );
  test.each(v1.payloads.cluster!)("cluster payload %j", (payload) =>
    expect(clusterPayload.parse(payload)).toEqual(payload),
  );
  test.each(v1.payloads.stacks!)("stacks payload %j", (payload) =>
    expect(stacksPayload.parse(payload)).toEqual(payload),
  );
  test.each(v1.payloads.insights!)("insights payload %j", (payload) =>
    expect(insightsPayload.parse(payload)).toEqual(payload),
  );
  test.each(v1.events)("event %j", (event) => expect(startEvent.parse(event)).toMatchObject(event as object));
});

test("a message with a field of a later version is still read", () => {
  const [message] = v1.messages as object[];
  expect(taskMessage.parse({ ...message, traceId: "later" })).toEqual(message);
});
