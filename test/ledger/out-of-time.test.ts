import { afterEach, beforeEach, expect, test } from "vitest";
import { type JobName, type Night, openNight, type QueueName } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";
import { outcomeOf } from "../support/outcome.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const AS_OF = "2026-11-02T07:00:00Z";
/** No more than it takes to say that the time is up. */
const NO_TIME_MS = 5_000;

let database: TestDatabase;
let night: Night;
let provider: OpenAiServer | undefined;
beforeEach(async () => {
  database = await openTestDatabase();
  await putNotes(database, "u", themedNotes(30));
});
afterEach(async () => {
  await night.close();
  await provider?.close();
  provider = undefined;
  await database.close();
});

const tasksOf = (step: string) =>
  database.query<{ status: string; attempts: number; code: string | null }>(
    "select status, attempts, error ->> 'code' as code from noctuary.task where step = $1",
    [step],
  );
const started = async (job: JobName = "nightly-cluster") =>
  (await night.start({ trigger: "manual", asOf: AS_OF, options: {} }, job)).runId;

async function deliverAll(queue: QueueName, timeoutMs?: number): Promise<void> {
  for (const message of await night.receive(queue)) await night.deliver(queue, [message], timeoutMs);
}

test("a clustering whose time is up is stopped and handed back with its reason, and its next try ends as any other", async () => {
  const begin = await database.keep();
  night = await openNight(database);
  await night.finish(await started());
  const undisturbed = await outcomeOf(database);
  await begin();
  const runId = await started();
  await deliverAll("embed");
  await deliverAll("cluster", NO_TIME_MS);
  expect(await tasksOf("cluster")).toEqual([{ status: "pending", attempts: 1, code: "out_of_time" }]);
  expect(await database.query("select 1 from noctuary.cluster")).toEqual([]);
  expect(await night.finish(runId)).toMatchObject({ status: "done" });
  expect(await outcomeOf(database)).toEqual(undisturbed);
});

test("a clustering that never has the time fails with that reason, and keeps nobody waiting", async () => {
  night = await openNight(database);
  const runId = await started();
  await deliverAll("embed");
  for (let attempt = 0; attempt < 3; attempt++) {
    await database.query("update noctuary.task set not_before = null where status = 'pending'");
    await night.reconcile();
    await deliverAll("cluster", NO_TIME_MS);
  }
  expect(await tasksOf("cluster")).toEqual([{ status: "failed", attempts: 3, code: "out_of_time" }]);
  expect(await night.finish(runId)).toMatchObject({ status: "failed", totals: { embedded: 30 } });
});

test.each<[JobName, QueueName]>([
  ["nightly-stacks", "stacks"],
  ["weekly-insights", "insights"],
])("%s: a step whose time is up is handed back, and its next try ends", async (job, step) => {
  night = await openNight(database);
  await night.finish(await started());
  const runId = await started(job);
  await deliverAll(step, NO_TIME_MS);
  expect(await tasksOf(step)).toEqual([{ status: "pending", attempts: 1, code: "out_of_time" }]);
  expect(await night.finish(runId)).toMatchObject({ status: "done" });
});

test("an embedding whose provider does not answer in the function's time is handed back, and its next try ends", async () => {
  provider = await startOpenAiServer({ misbehave: () => "hangs" });
  night = await openNight(database, {
    environment: { NOCTUARY_EMBEDDER: "openai", OPENAI_BASE_URL: provider.url },
  });
  const runId = await started();
  await deliverAll("embed", 2 * NO_TIME_MS + 200);
  const [task] = await tasksOf("embed");
  expect(task).toMatchObject({ status: "pending", attempts: 1 });
  delete provider.options.misbehave;
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 30 } });
});

test("a plan whose time is up goes on through its queue, at the cost of no attempt", async () => {
  night = await openNight(database);
  const event = { trigger: "manual", asOf: AS_OF, options: {} };
  const { runId } = (await night.handlers["nightly-cluster"](
    event,
    night.lambda("nightly-cluster", NO_TIME_MS),
  )) as { runId: string };
  const [plan] = await tasksOf("plan");
  expect(plan!.status).toBe("pending");
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 30 } });
});
