import type { Job } from "@noctuary/core/job";
import { lastDue, nextDue } from "@noctuary/core/schedule";
import { expect, test } from "vitest";

const nightly: Job["schedule"] = { timeZone: "America/New_York", localTime: "02:00", days: "daily" };
const weekly: Job["schedule"] = { timeZone: "America/New_York", localTime: "03:00", days: "sunday" };

test("a moment is due from itself on", () => {
  expect(lastDue(nightly, new Date("2026-11-02T07:00:00Z"))).toEqual(new Date("2026-11-02T07:00:00Z"));
  expect(lastDue(nightly, new Date("2026-11-02T06:59:59.999Z"))).toEqual(new Date("2026-11-01T07:00:00Z"));
  expect(nextDue(nightly, new Date("2026-11-02T07:00:00Z"))).toEqual(new Date("2026-11-03T07:00:00Z"));
});

test("the night without a two o'clock is due when the gap ends; the night with two of them once", () => {
  // 2026-03-08: 02:00 to 03:00 does not exist, and 03:00 is 07:00 UTC. 2026-11-01: 01:00 to 02:00 comes twice.
  expect(nextDue(nightly, new Date("2026-03-08T05:00:00Z"))).toEqual(new Date("2026-03-08T07:00:00Z"));
  expect(nextDue(nightly, new Date("2026-11-01T04:30:00Z"))).toEqual(new Date("2026-11-01T07:00:00Z"));
});

test("a weekly job is due on Sundays alone", () => {
  expect(lastDue(weekly, new Date("2026-11-04T12:00:00Z"))).toEqual(new Date("2026-11-01T08:00:00Z"));
  expect(nextDue(weekly, new Date("2026-11-01T08:00:00Z"))).toEqual(new Date("2026-11-08T08:00:00Z"));
});

test("from 2024 to 2040 every local date is due exactly once", () => {
  const dates = new Set<string>();
  const end = new Date("2041-01-01T00:00:00Z");
  let count = 0;
  for (let due = nextDue(nightly, new Date("2024-01-01T00:00:00Z")); due < end; due = nextDue(nightly, due)) {
    dates.add(new Intl.DateTimeFormat("en-CA", { timeZone: nightly.timeZone }).format(due));
    count += 1;
    expect(lastDue(nightly, due)).toEqual(due);
  }
  expect(count).toBe(366 * 5 + 365 * 12); // five leap years of seventeen
  expect(dates.size).toBe(count);
});
