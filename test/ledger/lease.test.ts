import { PermanentError } from "@noctuary/core/errors";
import { asLedger } from "@noctuary/db/access";
import { claimTask, finishTask, LostLeaseError, retryTask, yieldTask } from "@noctuary/db/ledger/task";
import { afterEach, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { failingEmbedder, waitingEmbedder } from "../support/embedders.ts";
import { expireLeases, type Night, type NightOptions, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { contentsOf, outcomeOf } from "../support/outcome.ts";

const AS_OF = "2026-11-02T07:00:00Z";

const database = databaseOfFile();
let begin: () => Promise<void>;
let night: Night;

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(12));
  begin = await database.keep();
});
afterEach(() => night.close());

async function freshNight(options?: NightOptions): Promise<void> {
  await begin();
  night = await openNight(database, options);
}

async function taskOf(step: string) {
  const rows = await database.query<{ id: string; status: string; attempts: number; error: unknown }>(
    "select id, status, attempts, error from noctuary.task where step = $1",
    [step],
  );
  return rows[0]!;
}

/** Starts a run and returns what is in the queue of its one embed task. */
async function startToEmbed() {
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF });
  const messages = await night.receive("embed");
  expect(messages.length).toBe(1);
  return { runId, messages };
}

test.each(["goes on", "fails"])(
  "a worker whose lease ended saves nothing when it %s after another one has the task",
  async (end) => {
    let slow!: ReturnType<typeof waitingEmbedder>;
    await freshNight({
      wrap: (context) => {
        slow = waitingEmbedder(context.embedder);
        return { ...context, embedder: slow.embedder };
      },
    });
    const { runId, messages } = await startToEmbed();
    const late = night.deliver("embed", messages);
    await slow.asked;
    await expireLeases(database);
    expect((await night.finish(runId)).status).toBe("done");
    const before = await contentsOf(database);

    if (end === "goes on") slow.answer();
    else slow.fail(new Error("too late"));
    expect(await late, "its message is acknowledged all the same").toEqual([]);
    expect(await contentsOf(database)).toEqual(before);
    expect(await taskOf("embed")).toMatchObject({ status: "done", attempts: 2, error: null });
  },
);

test("a message for a task under a live lease is acknowledged and starts nothing", async () => {
  let slow!: ReturnType<typeof waitingEmbedder>;
  await freshNight({
    wrap: (context) => {
      slow = waitingEmbedder(context.embedder);
      return { ...context, embedder: slow.embedder };
    },
  });
  const { runId, messages } = await startToEmbed();
  const working = night.deliver("embed", messages);
  await slow.asked;
  const before = await contentsOf(database);
  expect(await night.deliver("embed", messages)).toEqual([]);
  await night.reconcile();
  expect(await night.receive("embed"), "the reconciler leaves it alone as well").toEqual([]);
  expect(await contentsOf(database)).toEqual(before);
  slow.answer();
  await working;
  expect((await night.finish(runId)).status).toBe("done");
  expect(await taskOf("embed")).toMatchObject({ attempts: 1 });
});

test("every way to end a task asks for the newest fence", async () => {
  await freshNight();
  const { messages } = await startToEmbed();
  const { taskId } = JSON.parse(messages[0]!.Body!) as { taskId: string };
  const claim = async () =>
    (await claimTask(database.db, { id: taskId, step: "embed", leaseMs: 60_000 }))?.task ?? null;
  const first = (await claim())!;
  expect(await claim(), "leased").toBeNull();
  await expireLeases(database);
  const second = (await claim())!;
  expect(second.attempt).toBe(2);
  expect(second.fence).toBeGreaterThan(first.fence);
  const error = { class: "Error", code: "unknown" };
  for (const attempt of [
    () => asLedger(database.db, (tx) => finishTask(tx, first, { status: "done", result: {} })),
    () => asLedger(database.db, (tx) => finishTask(tx, first, { status: "failed", error })),
    () => asLedger(database.db, (tx) => retryTask(tx, first, error, 0)),
    () => asLedger(database.db, (tx) => yieldTask(tx, first, { delayMs: 0 })),
  ]) {
    await expect(attempt()).rejects.toThrow(LostLeaseError);
  }
  await asLedger(database.db, (tx) => finishTask(tx, second, { status: "done", result: {} }));
  const again = asLedger(database.db, (tx) => finishTask(tx, second, { status: "done", result: {} }));
  await expect(again, "once is once").rejects.toThrow(LostLeaseError);
});

test("whoever holds a claim that a crash of the server took back can end nothing", async () => {
  await freshNight();
  const { runId } = await startToEmbed();
  const { id } = await taskOf("embed");
  const claim = async () => (await claimTask(database.db, { id, step: "embed", leaseMs: 60_000 }))!.task;
  const lost = await claim();
  await database.query(
    "update noctuary.task set status = 'pending', attempts = 0, fence = 0, lease_until = null where id = $1",
    [id],
  );
  const end = () => asLedger(database.db, (tx) => finishTask(tx, lost, { status: "done", result: {} }));
  await expect(end(), "nobody has it").rejects.toThrow(LostLeaseError);
  await claim();
  await expect(end(), "another one has it").rejects.toThrow(LostLeaseError);
  await expireLeases(database);
  expect((await night.finish(runId)).status).toBe("done");
});

test("a failure that passes costs an attempt and nothing else", async () => {
  await freshNight();
  await night.run({}, AS_OF);
  const undisturbed = await outcomeOf(database);
  await night.close();

  let failures = 2;
  await freshNight({
    wrap: (context) => ({ ...context, embedder: failingEmbedder(context.embedder, () => failures-- > 0) }),
  });
  expect((await night.run({}, AS_OF)).status).toBe("done");
  expect(await taskOf("embed")).toMatchObject({ status: "done", attempts: 3, error: null });
  expect(await outcomeOf(database)).toEqual(undisturbed);
});

test("a task that failed three times is failed, with class and code and not a word more", async () => {
  let requests = 0;
  await freshNight({
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(context.embedder, () => {
        requests += 1;
        return true;
      }),
    }),
  });
  expect(await night.run({}, AS_OF)).toMatchObject({ status: "partial", totals: { failedTasks: 1 } });
  expect(requests).toBe(3);
  expect(await taskOf("embed")).toMatchObject({
    status: "failed",
    attempts: 3,
    error: { class: "ProviderError", code: "provider_down" },
  });
  expect(await taskOf("cluster"), "the user's clustering is not held up").toMatchObject({ status: "done" });
});

test("a permanent failure fails at once, and is not tried again", async () => {
  let requests = 0;
  await freshNight({
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(
        context.embedder,
        () => {
          requests += 1;
          return true;
        },
        (inputs) => new PermanentError("refused", `refused: ${inputs.join()}`),
      ),
    }),
  });
  expect((await night.run({}, AS_OF)).status).toBe("partial");
  expect(requests).toBe(1);
  expect(await taskOf("embed")).toMatchObject({
    status: "failed",
    attempts: 1,
    error: { class: "PermanentError", code: "refused" },
  });
});

test("an embedder that answers with too few or broken vectors is a permanent failure, and nothing of it is stored", async () => {
  for (const vectors of [new Float32Array(64), new Float32Array(12 * 64).fill(Number.NaN)]) {
    await freshNight({
      wrap: (context) => ({
        ...context,
        embedder: {
          ...context.embedder,
          embed: () => Promise.resolve({ vectors, refused: [], tokens: 0, requests: 1, costUsd: 0 }),
        },
      }),
    });
    await night.run({}, AS_OF);
    expect(await taskOf("embed")).toMatchObject({ attempts: 1, error: { code: "wrong_vectors" } });
    const stored =
      "select 1 from noctuary.note_embedding where vector is not null or content_hash is not null";
    expect(await database.query(stored)).toEqual([]);
    if (vectors.length === 64) await night.close();
  }
});

test("a task whose workers die each time is failed after the third", async () => {
  await freshNight();
  const { runId, messages } = await startToEmbed();
  const { taskId } = JSON.parse(messages[0]!.Body!) as { taskId: string };
  for (let attempt = 1; attempt <= 3; attempt++) {
    const claim = await claimTask(database.db, { id: taskId, step: "embed", leaseMs: 60_000 });
    expect(claim).toMatchObject({ task: { attempt } });
    await expireLeases(database);
  }
  expect((await night.finish(runId)).status).toBe("partial");
  expect(await taskOf("embed")).toMatchObject({ status: "failed", error: { code: "worker_died" } });
});

test("a plan that runs out of time goes on through its queue and costs no attempt", async () => {
  await freshNight();
  const TOO_LITTLE_MS = 10_000;
  const { runId } = (await night.handlers["nightly-cluster"](
    { trigger: "manual", asOf: AS_OF, options: {} },
    night.lambda("nightly-cluster", TOO_LITTLE_MS),
  )) as { runId: string };
  for (let hop = 0; hop < 5; hop++) {
    expect(await taskOf("plan")).toMatchObject({ status: "pending", attempts: 0, error: null });
    const messages = await night.receive("nightly-cluster");
    expect(messages.length, "its own message and the one that wakes it again").toBeGreaterThan(0);
    expect(await night.deliver("nightly-cluster", messages.slice(0, 1), TOO_LITTLE_MS)).toEqual([]);
    await night.release("nightly-cluster", messages.slice(1));
  }
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { new: 12, embedded: 12 } });
  expect(await taskOf("plan")).toMatchObject({ status: "done", attempts: 1 });
});
