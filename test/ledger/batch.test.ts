import type { Message } from "@aws-sdk/client-sqs";
import { failedIds, sqsEvent } from "@noctuary/cli/local/sqs-event";
import type { Context } from "@noctuary/core/context";
import { MAX_RECEIVES } from "@noctuary/core/job";
import type { Pool, PoolClient } from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Mortality, mortal } from "../support/mortal.ts";
import { expireLeases, makeWaitingDue, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const USERS = ["u1", "u2", "u3"];

const database = emptiedDatabase();
let night: Night;
let pool: Pool;
beforeEach(async () => {
  for (const user of USERS) await putNotes(database, user, themedNotes(4));
  const wrap = (context: Context) => {
    pool = context.db.pool;
    return mortalOver(context);
  };
  night = await openNight(database, { wrap });
});
afterEach(() => night.close());

/** A text over which the process dies: as one that takes more memory than there is. */
const DEADLY = "deadly";
const life: Mortality = { deeds: 0, diesBefore: Infinity };
const mortalOver = (context: Context): Context =>
  mortal(
    {
      ...context,
      embedder: {
        ...context.embedder,
        async embed(inputs, options) {
          if (inputs.some((text) => text.includes(DEADLY))) life.diesBefore = 0;
          return context.embedder.embed(inputs, options);
        },
      },
    },
    life,
  );

/** What Lambda and its queue do with a batch. Returns whether the process has lived; of one that died nothing is heard. */
async function invoke(messages: Message[]): Promise<boolean> {
  life.diesBefore = Infinity;
  const event = sqsEvent(messages, { queueName: "embed" });
  const answer = await night.handlers.embed(event, night.lambda("embed")).catch(() => undefined);
  const lives = life.diesBefore === Infinity;
  life.diesBefore = Infinity;
  const failed = lives ? failedIds(answer, messages) : new Set(messages.map(({ MessageId }) => MessageId!));
  await night.remove(
    "embed",
    messages.filter(({ MessageId }) => !failed.has(MessageId!)),
  );
  // The end of the visibility timeout, which is longer than a lease.
  await expireLeases(database);
  await night.release(
    "embed",
    messages.filter(({ MessageId }) => failed.has(MessageId!)),
  );
  return lives;
}

const embeds = () =>
  database.query<{ status: string; attempts: number }>(
    "select status, attempts from noctuary.task where step = 'embed' order by status",
  );

test("an invocation works on all tasks of its batch, and hands on what they leave", async () => {
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  expect(await night.deliver("embed", await night.receive("embed"))).toEqual([]);
  expect(await embeds()).toEqual(USERS.map(() => ({ status: "done", attempts: 1 })));
  expect(await night.receive("cluster")).toHaveLength(USERS.length);
});

test("tasks that the time may not suffice for are announced again, at the cost of no attempt", async () => {
  const asOf = "2026-11-02T07:00:00Z";
  const { runId } = await night.start({ trigger: "manual", asOf, options: {} });
  const tooShortForTwo = 50_000;
  expect(await night.deliver("embed", await night.receive("embed"), tooShortForTwo)).toEqual([]);
  expect(await embeds()).toEqual([
    { status: "done", attempts: 1 },
    { status: "pending", attempts: 0 },
    { status: "pending", attempts: 0 },
  ]);
  expect(await night.receive("embed")).toHaveLength(2);
  expect((await night.finish(runId)).status).toBe("done");
});

test("a task that crashes its worker takes none of those to the dead letters whose messages came with its own", async () => {
  const innocent = Array.from({ length: 9 }, (_, i) => `v${i}`);
  for (const user of innocent) await putNotes(database, user, themedNotes(4));
  await database.query("delete from noctuary.own_note where user_id = any($1)", [USERS]);
  const [note] = themedNotes(1);
  // In the middle of the others, in the order in which they are announced.
  await putNotes(database, "v4-deadly", [{ ...note!, title: DEADLY }]);
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  const open = () =>
    database.query<{ user_id: string }>(
      "select user_id from noctuary.task where step = 'embed' and status in ('pending', 'running') order by user_id",
    );

  const together = await night.receive("embed");
  expect(together).toHaveLength(10);
  expect(await invoke(together)).toBe(false);
  expect((await open()).length).toBeGreaterThan(1);
  // When they come again, the others are through before it has another turn.
  expect(await invoke(await night.receive("embed"))).toBe(false);
  expect((await open()).map(({ user_id }) => user_id)).toEqual(["v4-deadly"]);
  // The last receive: it is put aside alone.
  const last = await night.receive("embed");
  expect(last).toHaveLength(10);
  expect(await invoke(last)).toBe(true);
  expect(await night.receive("embed")).toEqual([]);
  const dead = await night.deadLetters("embed");
  expect(dead).toHaveLength(1);
  const [{ id } = { id: "" }] = await database.query<{ id: string }>(
    "select id from noctuary.task where step = 'embed' and user_id = 'v4-deadly'",
  );
  expect(dead[0]!.Body).toContain(id);

  // The reconciler gives it its last try, and the ledger then gives it up without another.
  for (let round = 0; (await open()).length > 0; round++) {
    expect(round).toBeLessThan(5);
    await makeWaitingDue(database);
    await night.reconcile();
    const messages = await night.receive("embed");
    if (messages.length > 0) await invoke(messages);
  }
  const run = await night.finish(runId);
  expect(run).toMatchObject({ status: "partial", totals: { embedded: 9 * 4 } });
  const failed = await database.query(
    "select user_id, error->>'code' as code from noctuary.task where status = 'failed'",
  );
  expect(failed).toEqual([{ user_id: "v4-deadly", code: "worker_died" }]);
});

test("messages of several tasks that come for the last time are worked on apart from one another", async () => {
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  for (let receive = 1; receive < MAX_RECEIVES; receive++)
    await night.release("embed", await night.receive("embed"));
  expect(await night.deliver("embed", await night.receive("embed"))).toEqual([]);
  expect(await embeds()).toEqual(USERS.map(() => ({ status: "pending", attempts: 0 })));
  expect(await night.deliver("embed", await night.receive("embed"))).toEqual([]);
  expect(await embeds()).toEqual(USERS.map(() => ({ status: "done", attempts: 1 })));
});

test("a task that is left to others is not claimed with the end of the one before it", async () => {
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  const messages = await night.receive("embed");
  messages[1]!.Attributes = { ...messages[1]!.Attributes, ApproximateReceiveCount: String(MAX_RECEIVES) };
  expect(await night.deliver("embed", messages)).toEqual([]);
  expect(await embeds()).toEqual([
    { status: "done", attempts: 1 },
    { status: "done", attempts: 1 },
    { status: "pending", attempts: 0 },
  ]);
});

test("the next task's claim goes over the connection of the end before it, and is made again where it is lost", async () => {
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  const messages = await night.receive("embed");
  let isLost = false;
  const connections = watchConnections((said) => {
    if (isLost || said.join() !== "end_embed,claim_embed") return;
    isLost = true;
    throw new Error("the connection is gone");
  });
  expect(await night.deliver("embed", messages)).toEqual([]);
  expect(await embeds()).toEqual(USERS.map(() => ({ status: "done", attempts: 1 })));
  expect(connections.map((said) => said.join()).filter((said) => said !== "")).toEqual([
    "claim_embed",
    "end_embed,claim_embed", // lost
    "claim_embed",
    "end_embed,claim_embed",
    "end_embed",
  ]);
});

/** What is said of claims and ends over each connection that the night's pool lends out from now on. */
function watchConnections(isSaid: (said: string[]) => void): string[][] {
  const connect = pool.connect.bind(pool) as (...args: unknown[]) => Promise<PoolClient>;
  const connections: string[][] = [];
  vi.spyOn(pool, "connect").mockImplementation(async (...args: unknown[]) => {
    const client = await connect(...args);
    if (args.length > 0) return client; // the pool's own, for a statement outside transactions
    const said: string[] = [];
    connections.push(said);
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const spy = vi.spyOn(client, "query").mockImplementation(((...args: [{ text?: string }]) => {
      const word = /claim_embed|end_embed/.exec(args[0].text ?? "")?.[0];
      if (word !== undefined) {
        said.push(word);
        isSaid(said);
      }
      return query(...args);
    }) as never);
    const release = client.release.bind(client);
    client.release = (...args) => {
      spy.mockRestore();
      client.release = release;
      release(...args);
    };
    return client;
  });
  return connections;
}
