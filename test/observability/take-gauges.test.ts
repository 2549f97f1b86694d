import { takeGauges } from "@noctuary/core/runtime/take-gauges";
import { afterEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { emittedMetrics } from "../support/emitted-metrics.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;

afterEach(() => night.close());

const open = async (enabledJobs: string) => {
  night = await openNight(database, { environment: { NOCTUARY_ENABLED_JOBS: enabledJobs } });
};
/** The gauges of one look, by name and what they are told apart by. */
async function gauges(): Promise<Record<string, number>> {
  const before = emittedMetrics(await night.told()).length;
  await takeGauges(night.context);
  const taken = emittedMetrics(await night.told()).slice(before);
  return Object.fromEntries(
    taken.map(({ name, dimensions, value }) => [[name, ...Object.values(dimensions)].join(" "), value]),
  );
}
const addRun = (id: string, date: string, status: string, { hoursAgo = 1, trigger = "schedule" } = {}) =>
  database.query(
    `insert into noctuary.run (id, job, local_date, trigger, options, as_of, status, created_at, finished_at)
     values ($1, 'nightly-cluster', $2, $3, '{}', now(), $4, now() - $5 * interval '1 hour' - interval '10 minutes',
       case when $4 <> 'running' then now() - $5 * interval '1 hour' end)`,
    [id, date, trigger, status, hoursAgo],
  );

test("a job tells how long it has not ended well, and how often it failed since", async () => {
  await addRun("a", "2026-11-01", "done", { hoursAgo: 73 });
  await addRun("b", "2026-11-02", "failed", { hoursAgo: 49 });
  await addRun("c", "2026-11-03", "failed", { hoursAgo: 25, trigger: "catch-up" });
  await addRun("d", "2026-11-04", "failed");
  await addRun("by hand", "2026-11-04", "done", { trigger: "manual" });
  await open("nightly-cluster,weekly-insights=2026-01-01");
  const taken = await gauges();
  expect(taken["HoursSinceSuccess nightly-cluster"]).toBeCloseTo(73, 1);
  expect(taken["ConsecutiveFailures nightly-cluster"]).toBe(3);
  // On since January, and no Sunday was told.
  expect(taken["HoursSinceSuccess weekly-insights"]).toBeGreaterThan(24 * 7);
  expect(taken["ConsecutiveFailures weekly-insights"]).toBe(0);
});

test("a job that is off is not late", async () => {
  await addRun("a", "2026-11-01", "failed", { hoursAgo: 73 });
  await open("none");
  const taken = await gauges();
  expect(Object.keys(taken).filter((name) => /^(HoursSinceSuccess|ConsecutiveFailures)/.test(name))).toEqual(
    [],
  );
  expect(taken["OpenRuns nightly-cluster"]).toBe(0);
});

test("a run that is open, the oldest of its tasks and the ones that were given up are told", async () => {
  await putNotes(database, "u", themedNotes(6));
  await open("nightly-cluster");
  await night.start({ trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" });
  await database.query(
    "update noctuary.task set created_at = now() - interval '3 hours' where step = 'embed'",
  );
  await database.query("update noctuary.run set created_at = now() - interval '4 hours'");
  let taken = await gauges();
  expect(taken["OpenRuns nightly-cluster"]).toBe(1);
  expect(taken["OpenRunHours nightly-cluster"]).toBeCloseTo(4, 1);
  expect(taken["OldestTaskMinutes nightly-cluster embed"]).toBeCloseTo(180, 0);
  expect(taken["OldestTaskMinutes nightly-cluster plan"]).toBe(0);
  expect(taken["FailedTasks nightly-cluster"]).toBe(0);
  await database.query("update noctuary.task set status = 'failed' where step = 'embed'");
  taken = await gauges();
  expect(taken["FailedTasks nightly-cluster"]).toBe(1);
  expect(taken["OldestTaskMinutes nightly-cluster embed"]).toBe(0);
  // Called off, and not given up.
  await database.query(
    `update noctuary.task set error = '{"class": "PermanentError", "code": "run_cancelled"}'`,
  );
  expect((await gauges())["FailedTasks nightly-cluster"]).toBe(0);
});

test("notes that wait for longer than a night are told, and no others", async () => {
  const now = new Date().toISOString();
  await putNotes(database, "u", [
    ...themedNotes(3), // written weeks ago
    ...themedNotes(2, { prefix: "new-" }).map((note) => ({ ...note, updatedAt: now })),
    { ...themedNotes(1, { prefix: "private-" })[0]!, aiExcluded: true },
  ]);
  await open("none");
  expect((await gauges())["NotesOverdue reconciler"]).toBe(3);
  await night.run();
  expect((await gauges())["NotesOverdue reconciler"]).toBe(0);
});

test("connections are told with the share that they are of what the server takes", async () => {
  await open("none");
  const taken = await gauges();
  const [{ max }] = (await database.query("select current_setting('max_connections')::int as max")) as [
    { max: number },
  ];
  expect(taken["Connections reconciler"]).toBeGreaterThan(0);
  expect(taken["ConnectionsUsed reconciler"]).toBeCloseTo((100 * taken["Connections reconciler"]!) / max, 6);
});
