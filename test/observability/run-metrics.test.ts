import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PermanentError } from "@noctuary/core/errors";
import { gatheredMetrics, measurement } from "@noctuary/core/metrics";
import { closeRunIfFinished } from "@noctuary/core/runtime/close-run";
import { openMetrics } from "@noctuary/functions/runtime/metrics";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { emittedMetrics } from "../support/emitted-metrics.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;

beforeEach(() => putNotes(database, "u", themedNotes(9)));
afterEach(() => night.close());

/** What was told of runs as a whole, in order: name and value. */
const ofRuns = async () =>
  emittedMetrics(await night.told())
    .filter(({ name }) => /^Run|^NotesEmbedded$|^CostUsd$/.test(name) && name !== "RunDuration")
    .map(({ name, value, dimensions }) => [name, dimensions.job, value]);

test("a run tells once what it amounts to, however often it is closed", async () => {
  night = await openNight(database);
  const { id } = await night.run();
  await closeRunIfFinished(night.context, id);
  await night.reconcile();
  expect(await ofRuns()).toEqual([
    ["RunsEnded", "nightly-cluster", 1],
    ["RunsFailed", "nightly-cluster", 0],
    ["RunsPartial", "nightly-cluster", 0],
    ["NotesEmbedded", "nightly-cluster", 9],
    ["CostUsd", "nightly-cluster", 0],
  ]);
  const [duration] = emittedMetrics(await night.told()).filter(({ name }) => name === "RunDuration");
  const [{ ms }] = (await database.query(
    "select extract(epoch from finished_at - created_at)::float8 * 1000 as ms from noctuary.run",
  )) as [{ ms: number }];
  expect(duration!.value).toBeCloseTo(ms, 3);
});

test("a dry run is no run of the trends", async () => {
  night = await openNight(database);
  await night.run({ dryRun: true });
  expect(await ofRuns()).toEqual([]);
});

test("a task that was given up makes its run one in part, and is counted under its cause", async () => {
  night = await openNight(database, {
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(
        context.embedder,
        () => true,
        () => new PermanentError("23514", "refused"),
      ),
    }),
  });
  await night.run();
  expect(await ofRuns()).toContainEqual(["RunsPartial", "nightly-cluster", 1]);
  expect(emittedMetrics(await night.told()).filter(({ name }) => name === "TasksFailed")).toEqual([
    expect.objectContaining({
      value: 1,
      dimensions: { job: "nightly-cluster", step: "embed", code: "database" },
    }),
  ]);
});

test("what is measured of the tasks of an invocation stands in one line for each step, a value for each", async () => {
  const logFile = join(mkdtempSync(join(tmpdir(), "noctuary-metrics-")), "night.log");
  night = await openNight(database);
  const metrics = gatheredMetrics(openMetrics({ logFile }));
  for (const [step, ms] of [
    ["embed", 12],
    ["cluster", 100],
    ["embed", 15],
  ] as const)
    metrics.add(measurement("TaskDuration", ms, { job: "nightly-cluster", step }));
  expect(existsSync(logFile), "nothing is told before").toBe(false);
  metrics.flush();
  metrics.flush();
  const lines = readFileSync(logFile, "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ job: "nightly-cluster", step: "embed", TaskDuration: [12, 15] }),
    expect.objectContaining({ job: "nightly-cluster", step: "cluster", TaskDuration: 100 }),
  ]);
});
