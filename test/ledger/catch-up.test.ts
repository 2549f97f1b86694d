import { jobs } from "@noctuary/core/jobs";
import { localDateOf } from "@noctuary/core/local-date";
import { catchUp } from "@noctuary/core/runtime/catch-up";
import { lastDue } from "@noctuary/core/schedule";
import { afterEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { emittedMetrics } from "../support/emitted-metrics.ts";
import { type JobName, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const database = emptiedDatabase();
let night: Night;

afterEach(() => night.close());

const open = async (enabledJobs: string) => {
  night = await openNight(database, { environment: { NOCTUARY_ENABLED_JOBS: enabledJobs } });
};
/** Makes up for every job at a moment. */
const catchUpAt = async (now: string) => {
  for (const job of jobs) await catchUp(night.context, job, new Date(now));
};
const runs = async () =>
  (
    await database.query(
      "select job || ' ' || local_date || ' ' || trigger as run from noctuary.run order by job, local_date, trigger",
    )
  ).map(({ run }) => run);
const start = (job: JobName, scheduledTime: string) =>
  night.start({ trigger: "schedule", scheduledTime }, job);

test("a start that was lost is made up for after an hour, once, for the moment it was due", async () => {
  await open("nightly-cluster=2026-11-01");
  await catchUpAt("2026-11-03T07:59:00Z");
  await catchUpAt("2026-11-03T08:00:00Z");
  await catchUpAt("2026-11-03T08:05:00Z");
  // At 07:59 the newest that was an hour late was the night before.
  expect(await runs()).toEqual([
    "nightly-cluster 2026-11-02 catch-up",
    "nightly-cluster 2026-11-03 catch-up",
  ]);
  const [{ as_of }] = (await database.query(
    "select as_of::text from noctuary.run where local_date = '2026-11-03'",
  )) as [{ as_of: string }];
  expect(new Date(as_of)).toEqual(new Date("2026-11-03T07:00:00Z"));
  // The schedule's own start, hours late, is the same run.
  expect(await start("nightly-cluster", "2026-11-03T07:00:00Z")).toMatchObject({ joined: true });
});

test("after an outage of seven days one night of each job is made up for, and its Sunday", async () => {
  await open("nightly-cluster=2026-10-01,nightly-stacks=2026-10-01,weekly-insights=2026-11-01");
  for (const [job, time] of [
    ["nightly-cluster", "2026-11-02T07:00:00Z"],
    ["nightly-stacks", "2026-11-02T07:30:00Z"],
    ["weekly-insights", "2026-11-01T08:00:00Z"],
  ] as const)
    await start(job, time);
  for (let round = 0; round < 3; round++) await catchUpAt("2026-11-09T15:00:00Z");
  expect(await runs()).toEqual([
    "nightly-cluster 2026-11-02 schedule",
    "nightly-cluster 2026-11-09 catch-up",
    "nightly-stacks 2026-11-02 schedule",
    "nightly-stacks 2026-11-09 catch-up",
    "weekly-insights 2026-11-01 schedule",
    "weekly-insights 2026-11-08 catch-up",
  ]);
});

test("a job that is off is not made up for, nor one from before the date since when it is on", async () => {
  await open("nightly-stacks=2026-11-10,weekly-insights=2026-11-02");
  // Of a time when it was on.
  await start("nightly-cluster", "2026-11-02T07:00:00Z");
  const before = "nightly-cluster 2026-11-02 schedule";
  await catchUpAt("2026-11-09T15:00:00Z");
  expect(await runs()).toEqual([before, "weekly-insights 2026-11-08 catch-up"]);
  await catchUpAt("2026-11-10T15:00:00Z");
  expect(await runs()).toEqual([
    before,
    "nightly-stacks 2026-11-10 catch-up",
    "weekly-insights 2026-11-08 catch-up",
  ]);
});

test("without a date a job counts as on from its first scheduled run", async () => {
  await open("nightly-cluster");
  await catchUpAt("2026-11-09T15:00:00Z");
  expect(await runs()).toEqual([]);
  await start("nightly-cluster", "2026-11-09T07:00:00Z");
  await catchUpAt("2026-11-10T15:00:00Z");
  expect(await runs()).toEqual([
    "nightly-cluster 2026-11-09 schedule",
    "nightly-cluster 2026-11-10 catch-up",
  ]);
});

test("a run that failed counts as run; a manual one does not", async () => {
  await open("nightly-cluster=2026-11-01");
  await start("nightly-cluster", "2026-11-03T07:00:00Z");
  await database.query("update noctuary.run set status = 'failed'");
  await catchUpAt("2026-11-03T15:00:00Z");
  expect(await runs()).toEqual(["nightly-cluster 2026-11-03 schedule"]);
  await night.start({ trigger: "manual", asOf: "2026-11-04T08:00:00Z", options: {} });
  await catchUpAt("2026-11-04T15:00:00Z");
  expect(await runs()).toEqual([
    "nightly-cluster 2026-11-03 schedule",
    "nightly-cluster 2026-11-04 catch-up",
    "nightly-cluster 2026-11-04 manual",
  ]);
});

test("around every clock change from 2024 to 2040 each job has one run a date, in the ledger", async () => {
  await open("none");
  const changes = clockChanges();
  expect(changes).toHaveLength(34);
  for (const change of changes) {
    await database.empty();
    const since = localDateOf(new Date(change - 2 * DAY_MS), "America/New_York");
    const context = { ...night.context, enabledJobs: new Map(jobs.map(({ slug }) => [slug, since])) };
    // From the evening before to the evening after, an hour a round, and no schedule that fires.
    for (let now = change - 12 * HOUR_MS; now <= change + 18 * HOUR_MS; now += 2 * HOUR_MS) {
      for (const job of jobs) await catchUp(context, job, new Date(now));
    }
    const dates = await database.query(
      "select job, local_date::text as date, count(*)::int as runs from noctuary.run group by 1, 2 order by 1, 2",
    );
    const day = localDateOf(new Date(change), "America/New_York");
    const before = localDateOf(new Date(change - DAY_MS), "America/New_York");
    expect(dates).toEqual([
      { job: "nightly-cluster", date: before, runs: 1 },
      { job: "nightly-cluster", date: day, runs: 1 },
      { job: "nightly-stacks", date: before, runs: 1 },
      { job: "nightly-stacks", date: day, runs: 1 },
      { job: "weekly-insights", date: day, runs: 1 },
    ]);
  }
});

test("a round of the handler starts what is missing by the database's clock, works it off, and is heard", async () => {
  await putNotes(database, "u", themedNotes(9));
  const [cluster] = jobs;
  // Whatever the time is: the newest date that is more than an hour old.
  const due = lastDue(cluster!.schedule, new Date(Date.now() - HOUR_MS));
  const date = localDateOf(due, "America/New_York");
  await open(`nightly-cluster=${date}`);
  await night.reconcile();
  const [{ id }] = (await database.query("select id from noctuary.run")) as [{ id: string }];
  expect(await night.finish(id)).toMatchObject({ status: "done", localDate: date, trigger: "catch-up" });
  expect(await database.query("select 1 from noctuary.run")).toHaveLength(1);
  const beats = emittedMetrics(await night.told()).filter(({ name }) => name === "ReconcilerRounds");
  expect(beats[0]).toMatchObject({
    namespace: "Noctuary",
    value: 1,
    unit: "Count",
    dimensions: { step: "reconciler" },
  });
});

test("a round that breaks off is not heard", async () => {
  await open("nightly-cluster=2020-01-01");
  await database.query("alter table noctuary.outbox rename to lost");
  try {
    await expect(night.reconcile()).rejects.toThrow();
  } finally {
    await database.query("alter table noctuary.lost rename to outbox");
  }
  expect(emittedMetrics(await night.told()).filter(({ name }) => name === "ReconcilerRounds")).toEqual([]);
});

/** Sundays in March and November at two in the morning, standard and daylight time. */
function clockChanges(): number[] {
  const sunday = (year: number, month: number, nth: number, utcHour: number) => {
    const first = new Date(Date.UTC(year, month, 1)).getUTCDay();
    return Date.UTC(year, month, 1 + ((7 - first) % 7) + 7 * (nth - 1), utcHour);
  };
  return Array.from({ length: 17 }, (_, i) => 2024 + i).flatMap((year) => [
    sunday(year, 2, 2, 7),
    sunday(year, 10, 1, 6),
  ]);
}
