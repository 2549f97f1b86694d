import { readEnabledJobs } from "@noctuary/core/enabled-jobs";
import type { Job } from "@noctuary/core/job";
import { jobs } from "@noctuary/core/jobs";
import { localDateOf } from "@noctuary/core/local-date";
import { CATCH_UP_GRACE_MS, missedRuns } from "@noctuary/core/missed-runs";
import { lastDue } from "@noctuary/core/schedule";
import { JOB_NAMES } from "@noctuary/core/setting-definitions";
import { resolveSettings } from "@noctuary/core/settings";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const nightly = jobs.find(({ slug }) => slug === "nightly-cluster")!.schedule;
const weekly = jobs.find(({ slug }) => slug === "weekly-insights")!.schedule;

const missed = (schedule: Job["schedule"], now: string, since: string, started: string[] = []) =>
  missedRuns(schedule, new Date(now), { since, started: new Set(started) }, CATCH_UP_GRACE_MS).map((due) =>
    due.toISOString(),
  );

test("a schedule that is late by less than an hour is not missed yet", () => {
  expect(missed(nightly, "2026-11-03T07:59:59Z", "2026-11-03")).toEqual([]);
  expect(missed(nightly, "2026-11-03T08:00:00Z", "2026-11-03")).toEqual(["2026-11-03T07:00:00.000Z"]);
});

test("of several missed nights the newest is made up for; of several Sundays four, oldest first", () => {
  expect(missed(nightly, "2026-11-10T12:00:00Z", "2026-10-01", ["2026-11-02"])).toEqual([
    "2026-11-10T07:00:00.000Z",
  ]);
  expect(missed(weekly, "2026-12-07T12:00:00Z", "2026-09-06", ["2026-11-22"])).toEqual([
    "2026-11-15T08:00:00.000Z",
    "2026-11-29T08:00:00.000Z",
    "2026-12-06T08:00:00.000Z",
  ]);
});

test("nothing is missed from before the job was on", () => {
  expect(missed(nightly, "2026-11-03T12:00:00Z", "2026-11-04")).toEqual([]);
  expect(missed(weekly, "2026-11-30T12:00:00Z", "2026-11-20")).toEqual([
    "2026-11-22T08:00:00.000Z",
    "2026-11-29T08:00:00.000Z",
  ]);
});

test("the night whose hour a clock change leaves out is due when the gap ends", () => {
  // 2026-03-08 in New York: after 01:59 comes 03:00, which is 07:00 UTC.
  expect(missed(nightly, "2026-03-08T07:59:59Z", "2026-03-08")).toEqual([]);
  expect(missed(nightly, "2026-03-08T08:00:00Z", "2026-03-08")).toEqual(["2026-03-08T07:00:00.000Z"]);
});

describe.each(jobs)("$slug", ({ schedule }) => {
  test("through every clock change from 2024 to 2040, with starts that are lost or doubled: one run a date, none missing", () => {
    const changes = clockChanges(schedule.timeZone);
    expect(changes).toHaveLength(34);
    const lost = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(fc.constantFrom(...changes), lost, fc.nat(59), (change, starts, minute) => {
        onceADate(schedule, change, [...starts], minute);
      }),
      { numRuns: 30 },
    );
    for (const change of changes) onceADate(schedule, change, [], 0);
    for (const change of changes) onceADate(schedule, change, Array(24).fill(1), 59);
  });
});

/** Lives through the days around a clock change: `starts` says how often each start of the schedule arrives. */
function onceADate(schedule: Job["schedule"], change: number, starts: number[], minute: number): void {
  const from = change - 10.5 * DAY_MS;
  const until = change + 10.5 * DAY_MS;
  const since = localDateOf(new Date(from + DAY_MS / 2), schedule.timeZone);
  const runs: string[] = [];
  const start = (due: Date) => {
    const date = localDateOf(due, schedule.timeZone);
    if (!runs.includes(date)) runs.push(date); // the ledger's unique index
  };
  for (let now = from; now < until; now += HOUR_MS) {
    for (const due of wallTimesWithin(schedule, now, now + HOUR_MS)) {
      for (let times = starts.pop() ?? 0; times > 0; times--) start(due);
    }
    const round = new Date(now + minute * 60_000);
    for (const due of missedRuns(schedule, round, { since, started: new Set(runs) }, CATCH_UP_GRACE_MS)) {
      expect(due.getTime()).toBeLessThanOrEqual(round.getTime() - CATCH_UP_GRACE_MS);
      start(due);
    }
  }
  expect(runs).toEqual(datesBetween(schedule, since, localDateOf(new Date(until), schedule.timeZone)));
}

test("an outage of seven days, wherever it begins, costs one nightly catch-up, and the week's own", () => {
  fc.assert(
    fc.property(fc.integer({ min: Date.UTC(2024, 0, 20), max: Date.UTC(2040, 11, 1) }), (began) => {
      for (const { schedule } of jobs) {
        const now = new Date(began + 7 * DAY_MS);
        const { timeZone } = schedule;
        const since = localDateOf(new Date(began - 30 * DAY_MS), timeZone);
        const last = localDateOf(lastDue(schedule, new Date(began)), timeZone);
        const started = new Set(datesBetween(schedule, since, last));
        const made = missedRuns(schedule, now, { since, started }, CATCH_UP_GRACE_MS);
        // A Sunday of the last hour is late and not missed yet; every other week of seven days has one.
        const sundays = lastDue(schedule, new Date(now.getTime() - HOUR_MS)).getTime() > began ? 1 : 0;
        expect(made).toHaveLength(schedule.days === "sunday" ? sundays : 1);
        for (const due of made) started.add(localDateOf(due, timeZone));
        expect(missedRuns(schedule, now, { since, started }, CATCH_UP_GRACE_MS)).toEqual([]);
      }
    }),
    { numRuns: 100 },
  );
});

test("the setting names the jobs that are on, and since when; without it all are", () => {
  const read = (enabledJobs: string) => resolveSettings([{ origin: "environment", values: { enabledJobs } }]);
  expect(JOB_NAMES).toEqual(jobs.map(({ slug }) => slug));
  expect([...readEnabledJobs()]).toEqual(jobs.map(({ slug }) => [slug, null]));
  expect([...readEnabledJobs("none")]).toEqual([]);
  const text = "nightly-cluster=2026-11-28,weekly-insights";
  expect(read(text).settings.enabledJobs).toBe(text);
  expect([...readEnabledJobs(text)]).toEqual([
    ["nightly-cluster", "2026-11-28"],
    ["weekly-insights", null],
  ]);
  for (const wrong of [
    "nightly",
    "nightly-cluster=tomorrow",
    "nightly-cluster;weekly-insights",
    ",",
    "none,nightly-cluster",
  ])
    expect(() => read(wrong), wrong).toThrow(/enabledJobs .*must be none, or some of nightly-cluster/);
});

const changesOf = new Map<string, number[]>();

/** The moments at which a zone's clocks are changed, 2024 to 2040: looked for hour by hour, once for all its jobs. */
function clockChanges(timeZone: string): number[] {
  let changes = changesOf.get(timeZone);
  if (changes === undefined) {
    changes = [];
    const end = Date.UTC(2041, 0, 1);
    const offset = (ms: number) => wall(ms, timeZone).getTime() - ms;
    let before = offset(Date.UTC(2024, 0, 1));
    for (let ms = Date.UTC(2024, 0, 1) + HOUR_MS; ms <= end; ms += HOUR_MS) {
      const after = offset(ms);
      if (after !== before) changes.push(ms);
      before = after;
    }
    changesOf.set(timeZone, changes);
  }
  return changes;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall shows, as if it were UTC. By Intl: what is tested goes by Temporal. */
function wall(ms: number, timeZone: string): Date {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formats.set(timeZone, format);
  }
  return new Date(`${format.format(ms).replace(" ", "T")}Z`);
}

/** When EventBridge fires: at each minute whose wall time is the schedule's, so never where the hour does not exist. */
function* wallTimesWithin(schedule: Job["schedule"], fromMs: number, untilMs: number): Generator<Date> {
  for (let ms = fromMs; ms < untilMs; ms += 30 * 60_000) {
    const at = wall(ms, schedule.timeZone);
    const isDay = schedule.days === "daily" || at.getUTCDay() === 0;
    if (isDay && at.toISOString().slice(11, 16) === schedule.localTime) yield new Date(ms);
  }
}

/** Every local date from `since` on that a job has, until and with `until`. */
function datesBetween(schedule: Job["schedule"], since: string, until: string): string[] {
  const dates: string[] = [];
  for (let ms = Date.parse(since); ms <= Date.parse(until); ms += DAY_MS) {
    const day = new Date(ms);
    if (schedule.days === "daily" || day.getUTCDay() === 0) dates.push(day.toISOString().slice(0, 10));
  }
  return dates;
}
