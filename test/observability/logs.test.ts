import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { sendOutbox } from "@noctuary/core/runtime/send-outbox";
import { startRun } from "@noctuary/core/runtime/start-run";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { loggedLines } from "../support/emitted-metrics.ts";
import { type Night, type NightOptions, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;

beforeEach(() => putNotes(database, "u", themedNotes(6)));
// Each night ends with a look for the notes' words in everything that was logged (see night.ts).
afterEach(() => night.close());

const logged = async (message: string) =>
  loggedLines(await night.told()).filter((line) => line.message === message);
const failing: NightOptions["wrap"] = (context) => ({
  ...context,
  embedder: failingEmbedder(context.embedder, () => true),
});
const aTask = (run: { id: string }, attempt: number) => ({
  timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  service: "noctuary",
  job: "nightly-cluster",
  runId: run.id,
  taskId: expect.any(String),
  userId: "u",
  step: "embed",
  attempt,
});

test("INFO: a task that ended, with job, run, task, user, step, try, time and how long it took", async () => {
  night = await openNight(database);
  const run = await night.run();
  const [ended, ...others] = (await logged("task ended")).filter(({ step }) => step === "embed");
  expect(others).toEqual([]);
  expect(ended).toMatchObject({ level: "INFO", ...aTask(run, 1), durationMs: expect.any(Number) });
  // Before the work, and so there where it crashes the process.
  const received = (await logged("tasks received")).filter(({ step }) => step === "embed");
  expect(received).toEqual([expect.objectContaining({ level: "INFO", taskIds: ended!.taskId })]);
  const started = (await logged("task started")).map(({ step }) => step);
  expect(started, "a line for each but those of a batch").toEqual(["plan", "cluster"]);
});

test("DEBUG: a task of a batch that is begun", async () => {
  night = await openNight(database, { environment: { NOCTUARY_LOG_LEVEL: "DEBUG" } });
  const run = await night.run();
  const ofEmbed = (await logged("task started")).filter(({ step }) => step === "embed");
  expect(ofEmbed).toEqual([expect.objectContaining({ level: "DEBUG", ...aTask(run, 1) })]);
});

test("WARN: a try that failed and is made again, with the error's class and code", async () => {
  night = await openNight(database, { wrap: failing });
  const run = await night.run();
  const [line] = await logged("task will be tried again");
  expect(line).toMatchObject({
    level: "WARN",
    ...aTask(run, 1),
    errorClass: "ProviderError",
    errorCode: "provider_down",
  });
});

test("ERROR: a task that was given up", async () => {
  night = await openNight(database, { wrap: failing });
  const run = await night.run();
  expect(await logged("task failed")).toEqual([
    expect.objectContaining({ level: "ERROR", ...aTask(run, 3), errorCode: "provider_down" }),
  ]);
});

test("CRITICAL: a run that failed as a whole", async () => {
  night = await openNight(database);
  const asOf = new Date("2026-11-02T07:00:00Z");
  const { run } = await startRun(night.context, nightlyCluster, { trigger: "schedule", asOf, options: {} });
  await sendOutbox(night.context);
  // Its planner has died three times.
  await database.query("update noctuary.task set attempts = 3");
  expect((await night.finish(run.id)).status).toBe("failed");
  expect(await logged("run ended")).toEqual([
    expect.objectContaining({ level: "CRITICAL", job: "nightly-cluster", runId: run.id, status: "failed" }),
  ]);
});

test("a level leaves out what is below it", async () => {
  night = await openNight(database, { wrap: failing, environment: { NOCTUARY_LOG_LEVEL: "INFO" } });
  await night.run();
  const levels = new Set(loggedLines(await night.told()).map(({ level }) => level));
  expect([...levels].toSorted()).toEqual(["ERROR", "INFO", "WARN"]);
});
