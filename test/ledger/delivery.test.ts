import type { Message } from "@aws-sdk/client-sqs";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { afterEach, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, type NightOptions, openNight, type QueueName } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { contentsOf, outcomeOf } from "../support/outcome.ts";

const environment = { NOCTUARY_EMBED_BATCH_NOTES: "4", NOCTUARY_PLAN_PAGE_NOTES: "10" };
const queues: QueueName[] = ["nightly-cluster", "embed", "cluster"];

const database = databaseOfFile();
let begin: () => Promise<void>;
let night: Night | undefined;

beforeAll(async () => {
  await putNotes(database, "u1", themedNotes(20));
  await putNotes(database, "u2", themedNotes(11));
  begin = await database.keep();
});
afterEach(closeNight);

async function closeNight(): Promise<void> {
  const closing = night;
  night = undefined;
  await closing?.close();
}

async function freshNight(options?: NightOptions): Promise<Night> {
  await closeNight();
  await begin();
  night = await openNight(database, { environment, ...options });
  return night;
}

test("messages delivered once more after the night, in any order and to any worker, change nothing", async () => {
  const night = await freshNight();
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  const all: Message[] = [];
  for (let round = 0; round < 4; round++) {
    for (const queue of queues) {
      const messages = await night.receive(queue);
      all.push(...messages);
      await night.deliver(queue, messages);
    }
  }
  expect((await night.finish(runId)).status).toBe("done");
  expect(all.length).toBe(1 + 8 + 2); // plan, embeds of both users, their clusters
  const before = await contentsOf(database);

  const random = seededRandom(1);
  for (const message of all.map((m) => ({ m, at: random() })).sort((a, b) => a.at - b.at)) {
    for (const queue of queues) expect(await night.deliver(queue, [message.m])).toEqual([]);
  }
  expect(await contentsOf(database)).toEqual(before);
});

test("each message twice at once, the last one first, leads to the same end", async () => {
  const orderly = await freshNight();
  expect((await orderly.run()).status).toBe("done");
  const expected = await outcomeOf(database);

  const night = await freshNight();
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  for (let round = 0; round < 4; round++) {
    for (const queue of queues) {
      const reversed = (await night.receive(queue)).reverse();
      const twice = await Promise.all([night.deliver(queue, reversed), night.deliver(queue, reversed)]);
      expect(twice).toEqual([[], []]);
    }
  }
  expect((await night.finish(runId)).status).toBe("done");
  expect(await outcomeOf(database)).toEqual(expected);
  const tasks = await database.query(
    "select step, attempts, count(*)::int as tasks from noctuary.task group by 1, 2 order by 1",
  );
  expect(tasks).toEqual([
    { step: "cluster", attempts: 1, tasks: 2 },
    { step: "embed", attempts: 1, tasks: 8 },
    { step: "plan", attempts: 1, tasks: 1 },
  ]);
});

test("a message that comes to another step's worker changes nothing, and its own worker does the work", async () => {
  const night = await freshNight();
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  const embeds = await night.receive("embed");
  const before = await contentsOf(database);
  expect(await night.deliver("cluster", embeds)).toEqual([]);
  expect(await night.deliver("nightly-cluster", embeds)).toEqual([]);
  expect(await contentsOf(database)).toEqual(before);
  expect(await night.finish(runId)).toMatchObject({
    status: "done",
    totals: { failedTasks: 0, embedded: 31 },
  });
});

test("a message that cannot be read ends in the dead-letter queue; the others of its batch are worked on", async () => {
  const night = await freshNight();
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  for (const body of ["not JSON", '{"v":1}', '{"v":2,"taskId":"of a version to come"}', "null"]) {
    await night.send("embed", body);
  }
  let unread = await night.receive("embed");
  expect(unread.length).toBe(8 + 4);
  for (let receives = 1; unread.length > 0; receives++) {
    expect(receives).toBeLessThanOrEqual(3);
    const failed = await night.deliver("embed", unread);
    expect(failed.length).toBe(4);
    await night.release(
      "embed",
      unread.filter(({ MessageId }) => failed.includes(MessageId!)),
    );
    unread = await night.receive("embed");
  }
  const bodies = (await night.deadLetters("embed")).map(({ Body }) => Body).sort();
  expect(bodies).toEqual(["not JSON", "null", '{"v":1}', '{"v":2,"taskId":"of a version to come"}']);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { failedTasks: 0 } });
});

test("a message for a task that is not there any more is acknowledged", async () => {
  const night = await freshNight();
  await night.send("embed", JSON.stringify({ v: 1, taskId: "gone" }));
  expect(await night.deliver("embed", await night.receive("embed"))).toEqual([]);
});

test("messages that were sent and lost are sent again, and the night ends as it would have", async () => {
  const first = await freshNight();
  const { runId } = await first.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  await closeNight(); // and with it its queues, which live in memory
  night = await openNight(database, { environment });
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 31 } });
});
