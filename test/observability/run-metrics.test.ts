import { PermanentError } from "@noctuary/core/errors";
import { closeRunIfFinished } from "@noctuary/core/runtime/close-run";
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

test("what is measured of the tasks of an invocation stands in one line, a value for each", async () => {
  await putNotes(database, "v", themedNotes(9));
  night = await openNight(database);
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  await night.deliver("embed", await night.receive("embed"));
  const lines = (await night.told()).split("\n").filter((line) => /"TaskDuration"/.test(line));
  const [ofEmbed, ...others] = lines.filter((line) => JSON.parse(line).step === "embed");
  expect(others).toEqual([]);
  expect(JSON.parse(ofEmbed!)).toMatchObject({
    job: "nightly-cluster",
    TaskDuration: [expect.any(Number), expect.any(Number)],
    TasksDone: [1, 1],
  });
});
