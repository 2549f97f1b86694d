import { randomUUID } from "node:crypto";
import type { Context } from "@noctuary/core/context";
import type { Embedder } from "@noctuary/core/embedding/embedder";
import { dealOut } from "@noctuary/core/nightly-cluster/sort-candidates";
import { asUser } from "@noctuary/db/access";
import { addTasks, claimTask, lastRangeTask } from "@noctuary/db/ledger/task";
import { claimEmbedTask } from "@noctuary/db/notes/notes-to-embed";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countingEmbedder } from "../support/embedders.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let night: Night | undefined;
let paid: string[];
/** What a call waits for before it is answered. */
let hold: (inputs: readonly string[]) => Promise<void>;

beforeEach(async () => {
  paid = [];
  hold = async () => {};
  database = await openTestDatabase();
});
afterEach(async () => {
  await night?.close();
  night = undefined;
  await database.close();
});

function heldEmbedder(embedder: Embedder): Embedder {
  return {
    ...embedder,
    async embed(inputs, options) {
      await hold(inputs);
      return embedder.embed(inputs, options);
    },
  };
}

/** Pages of three notes, and calls of two texts, four at once: much is under way at any time. */
async function openNarrowNight(environment: Record<string, string> = {}): Promise<Night> {
  night = await openNight(database, {
    environment: { NOCTUARY_PLAN_PAGE_NOTES: "10", ...environment },
    wrap: (context): Context => ({
      ...context,
      limits: { ...context.limits, embedPageNotes: 3 },
      embedder: {
        ...heldEmbedder(countingEmbedder(context.embedder, paid)),
        callsInFlight: 4,
        pack: async (inputs) =>
          Array.from({ length: Math.ceil(inputs.length / 2) }, (_, call) =>
            [2 * call, 2 * call + 1].filter((i) => i < inputs.length),
          ),
      },
    }),
  });
  return night;
}

const embedTasks = () =>
  database.query<{
    id: string;
    run_id: string;
    status: string;
    payload: { notes: number };
    attempts: number;
  }>(
    "select id, run_id, status, payload, attempts from noctuary.task where step = 'embed' order by payload->>'firstId'",
  );
const stored = async () =>
  (
    await database.query<{ n: number }>(
      "select count(*)::int as n from noctuary.note_embedding where vector is not null",
    )
  )[0]!.n;

test("a task goes on from page to page of the plan", async () => {
  const night = await openNarrowNight();
  await putNotes(database, "u", themedNotes(25));
  expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 25 } });
  expect((await embedTasks()).map(({ payload }) => payload)).toMatchObject([
    { firstId: "note-00000", lastId: "note-00024", notes: 25 },
  ]);
  expect(new Set(paid).size).toBe(25);
  expect(paid).toHaveLength(25);
});

test("a task has no more notes than a function has time for, whatever the plan's pages are", async () => {
  const night = await openNarrowNight({ NOCTUARY_EMBED_BATCH_NOTES: "8" });
  await putNotes(database, "u", themedNotes(25));
  await night.run();
  expect((await embedTasks()).map(({ payload }) => payload.notes)).toEqual([8, 8, 8, 1]);
  expect(paid).toHaveLength(25);
});

test("a range is not lengthened when somebody has begun with it, nor one before it", async () => {
  const night = await openNarrowNight();
  const run = randomUUID();
  await database.query(
    "insert into noctuary.run (id, job, local_date, trigger, options, as_of) values ($1, 'j', now(), 'manual', '{}', now())",
    [run],
  );
  const tasks = ["b", "d"].map((lastId) => ({
    id: `until-${lastId}`,
    runId: run,
    step: "embed",
    queue: "embed",
    userId: "u",
    payload: { firstId: lastId, lastId, notes: 1, bytes: 1 },
  }));
  await asUser(database.db, "u", (tx) => addTasks(tx, tasks.reverse()));
  const last = () => asUser(database.db, "u", (tx) => lastRangeTask(tx, run, "u", "embed"));
  expect(await last()).toMatchObject({ id: "until-d" });
  await claimTask(database.db, { id: "until-d", step: "embed", leaseMs: 60_000 });
  expect(await last()).toBeNull();
  await database.query("delete from noctuary.outbox");
  await database.query("delete from noctuary.task");
  await night.reconcile();
});

test("a text that many notes hold is asked for once, wherever they stand", async () => {
  const night = await openNarrowNight();
  const texts = themedNotes(7);
  await putNotes(
    database,
    "u",
    themedNotes(60).map(({ id }, i) => ({ ...texts[(i * i) % 7]!, id })),
  );
  const different = new Set(Array.from({ length: 60 }, (_, i) => (i * i) % 7)).size;
  expect(await night.run()).toMatchObject({
    status: "done",
    totals: { embedded: different, reused: 60 - different },
  });
  expect(paid).toHaveLength(different);
  expect(await stored()).toBe(60);
});

test("a text that another task of the user has stored meanwhile is not asked for", async () => {
  const night = await openNarrowNight({ NOCTUARY_EMBED_BATCH_NOTES: "20" });
  const texts = themedNotes(40);
  await putNotes(
    database,
    "u",
    texts.map(({ id }, i) => ({ ...texts[i < 35 ? i : i - 35]!, id })),
  );
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  const [{ id: laterTask }] = (await database.query<{ id: string }>(
    "select id from noctuary.task where payload->>'firstId' = $1",
    [texts[20]!.id],
  )) as [{ id: string }];
  const messages = await night.receive("embed");
  const isLater = ({ Body }: (typeof messages)[number]) => Body!.includes(laterTask);

  // The later task's calls are under way, and its pages with texts of the first one are still to be read.
  const asks = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  hold = async (inputs) => {
    if (!texts.slice(20, 35).some(({ title }) => inputs.some((input) => input.startsWith(`${title}\n`))))
      return;
    asks.resolve();
    await goesOn.promise;
  };
  const later = night.deliver("embed", messages.filter(isLater));
  await asks.promise;
  await night.deliver(
    "embed",
    messages.filter((message) => !isLater(message)),
  );
  goesOn.resolve();
  await later;
  expect(paid).toHaveLength(35);
  expect(await stored()).toBe(40);
});

test("a claim brings the first texts along as long as they are few bytes, and none where the first is not", async () => {
  const night = await openNarrowNight();
  // In the order of their bytes, and of nobody's alphabet.
  const notes = themedNotes(3).map((note, i) => ({ ...note, id: ["Beech", "Elm", "ash"][i]! }));
  const lengths = [100, 200, 5_000];
  const sized = notes.map((note, i) => ({ ...note, title: "", body: "x".repeat(lengths[i]!) }));
  await putNotes(database, "u", sized);
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  const [task] = await embedTasks();
  const model = { model: "m", dimensions: 3 };
  const claim = async (maxBytes: number) => {
    await expireLeases(database);
    const asked = { id: task!.id, leaseMs: 60_000, maxNotes: 10, maxBytes };
    return (await claimEmbedTask(database.db, model, asked))!.ahead?.map(({ id }) => id) ?? null;
  };
  expect(await claim(10_000)).toEqual(["Beech", "Elm", "ash"]);
  expect(await claim(1_000)).toEqual(["Beech", "Elm"]);
  expect(await claim(299)).toEqual(["Beech"]);
  expect(await claim(99)).toBeNull();
});

test("of two runs over one user at once, one waits for what the other one stores, and pays for nothing again", async () => {
  const night = await openNarrowNight();
  await putNotes(database, "u", themedNotes(20));
  const start = (options: object) =>
    night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options });
  const [one, other] = [await start({}), await start({ acceptDeletions: true })];
  const messages = await night.receive("embed");
  const runOf = new Map((await embedTasks()).map((task) => [task.id, task.run_id]));
  const of = (runId: string) => messages.filter(({ Body }) => runOf.get(JSON.parse(Body!).taskId) === runId);
  const asks = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  hold = async () => {
    asks.resolve();
    await goesOn.promise;
  };
  const first = night.deliver("embed", of(one.runId));
  await asks.promise;
  await night.deliver("embed", of(other.runId));
  expect((await embedTasks()).find(({ run_id }) => run_id === other.runId)).toMatchObject({
    status: "pending",
    attempts: 0,
  });
  goesOn.resolve();
  await first;
  for (const { runId } of [one, other]) expect((await night.finish(runId)).status).toBe("done");
  expect(paid).toHaveLength(20);
});

test("a task that runs out of time is handed back, and goes on where it was", async () => {
  const night = await openNarrowNight();
  await putNotes(database, "u", themedNotes(20));
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  // Less than a call may need: one is begun, and no other.
  await night.deliver("embed", await night.receive("embed"), 15_000);
  expect(paid).toHaveLength(2);
  expect(await stored()).toBe(2);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 20 } });
  expect(paid).toHaveLength(20);
  expect((await embedTasks()).map(({ attempts }) => attempts)).toEqual([1]);
});

test("a task that an earlier version has made is worked on", async () => {
  const night = await openNarrowNight();
  await putNotes(database, "u", themedNotes(20));
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z" });
  const noteIds = themedNotes(20).map(({ id }) => id);
  await database.query("update noctuary.task set payload = $1 where step = 'embed'", [{ noteIds }]);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 20 } });
  expect(paid).toHaveLength(20);
});

describe("candidates are dealt out to ranges", () => {
  const candidate = (noteId: string, bytes: number) => ({
    noteId,
    bytes,
    contentHash: null,
    embeddedHash: null,
    failedHash: null,
  });
  const limits = { maxNotes: 3, maxBytes: 10 };

  test("by notes and by bytes; what is too long has a range to itself", () => {
    const candidates = [3, 3, 3, 1, 8, 3, 11, 1].map((bytes, i) => candidate(`n${i}`, bytes));
    expect(dealOut(candidates, limits)).toEqual([
      { firstId: "n0", lastId: "n2", notes: 3, bytes: 9 },
      { firstId: "n3", lastId: "n4", notes: 2, bytes: 9 },
      { firstId: "n5", lastId: "n5", notes: 1, bytes: 3 },
      { firstId: "n6", lastId: "n6", notes: 1, bytes: 11 },
      { firstId: "n7", lastId: "n7", notes: 1, bytes: 1 },
    ]);
  });

  test("into the open one first", () => {
    const open = { firstId: "a", lastId: "b", notes: 2, bytes: 4 };
    expect(dealOut([candidate("c", 1), candidate("d", 1)], limits, open)).toEqual([
      { firstId: "a", lastId: "c", notes: 3, bytes: 5 },
      { firstId: "d", lastId: "d", notes: 1, bytes: 1 },
    ]);
    expect(dealOut([], limits, open)).toEqual([open]);
  });
});
