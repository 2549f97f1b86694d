import { errorCause, errorCauses } from "@noctuary/core/error-cause";
import {
  consecutiveFailures,
  hoursSinceSuccess,
  notesWithheld,
  slowRatio,
  topicSizeDrift,
  verificationRate,
} from "@noctuary/core/gauges";
import type { PastRun } from "@noctuary/db/ledger/health";
import { describe, expect, test } from "vitest";

const HOUR = 3_600_000;
const MINUTE = 60_000;

/** A run that ended so many hours ago after so many minutes. */
function run(
  status: PastRun["status"],
  endedHours: number,
  minutes = 10,
  totals: PastRun["totals"] = {},
): PastRun {
  const isOpen = status === "running";
  return {
    status,
    totals,
    durationMs: minutes * MINUTE,
    ageMs: endedHours * HOUR + minutes * MINUTE,
    endedMs: isOpen ? null : endedHours * HOUR,
  };
}
const usual = (count: number, minutes = 10) =>
  Array.from({ length: count }, (_, i) => run("done", 24 * (i + 1), minutes));

describe("hours since the last success", () => {
  test("count from the newest run that did what could be done", () => {
    expect(hoursSinceSuccess({ runs: [run("done", 3), run("done", 27)], onForMs: null })).toBe(3);
    expect(
      hoursSinceSuccess({ runs: [run("running", 0), run("failed", 3), run("partial", 27)], onForMs: 0 }),
    ).toBe(27);
    expect(hoursSinceSuccess({ runs: [run("cancelled", 3), run("done", 27)], onForMs: 0 })).toBe(27);
  });
  test("of a job that never did count from when it was turned on", () => {
    expect(hoursSinceSuccess({ runs: [run("failed", 3)], onForMs: 50 * HOUR })).toBe(50);
    expect(hoursSinceSuccess({ runs: [], onForMs: -5 * HOUR })).toBe(0);
    expect(hoursSinceSuccess({ runs: [run("failed", 3)], onForMs: null })).toBeNull();
  });
});

test("failures in a row end with whatever is no failure; an open run is none yet", () => {
  expect(consecutiveFailures([])).toBe(0);
  expect(consecutiveFailures([run("done", 1), run("failed", 25)])).toBe(0);
  expect(
    consecutiveFailures([run("running", 0), run("failed", 25), run("failed", 49), run("partial", 73)]),
  ).toBe(2);
  expect(consecutiveFailures([run("failed", 1), run("failed", 25), run("failed", 49)])).toBe(3);
});

describe("the time of the newest run", () => {
  test("is told as a multiple of the median of those before, also while it is under way", () => {
    expect(slowRatio([run("done", 1, 30), ...usual(7)])).toBe(3);
    expect(slowRatio([run("running", 0, 40), ...usual(7)])).toBe(4);
  });
  test("without a history, or below five minutes, is as usual", () => {
    expect(slowRatio([])).toBe(1);
    expect(slowRatio([run("done", 1, 300), ...usual(4)])).toBe(1);
    expect(slowRatio([run("done", 1, 4), ...usual(7, 0.1)])).toBe(1);
  });
  test("runs that failed are no measure", () => {
    const failed = Array.from({ length: 9 }, (_, i) => run("failed", 200 + i, 600));
    expect(slowRatio([run("done", 1, 30), ...usual(7), ...failed])).toBe(3);
  });
});

test("topics that are a third or three times of what they were are as far from usual", () => {
  const night = (clustered: number, topics: number) => run("done", 1, 1, { clustered, topics });
  const before = Array.from({ length: 6 }, () => night(100, 10));
  expect(topicSizeDrift([night(300, 10), ...before])).toBe(3);
  expect(topicSizeDrift([night(100, 30), ...before])).toBeCloseTo(3);
  expect(topicSizeDrift([night(100, 10), ...before.slice(2)])).toBeNull();
  // A night in which nothing was grouped says nothing.
  expect(topicSizeDrift([night(0, 0), night(100, 10), ...before])).toBe(1);
});

test("deletions held back are those of the newest run that ended; so is the share of sentences that held", () => {
  expect(notesWithheld([run("running", 0), run("partial", 2, 1, { withheld: 40 }), run("done", 26, 1)])).toBe(
    40,
  );
  expect(notesWithheld([run("done", 2), run("partial", 26, 1, { withheld: 40 })])).toBe(0);
  const told = (sentencesKept: number, sentencesDropped: number) =>
    run("done", 2, 1, { sentencesKept, sentencesDropped });
  expect(verificationRate([run("done", 1), told(6, 2), told(9, 0)])).toBe(0.75);
  expect(verificationRate([run("done", 1)])).toBeNull();
});

test("the cause of an error is one of a list, whatever its code", () => {
  expect(errorCause("worker_died")).toBe("worker_died");
  expect(errorCause("provider_timeout")).toBe("provider_timeout");
  expect(errorCause("provider_refused_418")).toBe("provider_refused");
  for (const code of ["23514", "57P01", "0A000", "P0001", "XX000"]) expect(errorCause(code)).toBe("database");
  for (const code of ["ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "UND_ERR_SOCKET"])
    expect(errorCause(code)).toBe("network");
  for (const code of ["unknown", "anything-else", "a.b"]) expect(errorCause(code)).toBe("other");
  expect(errorCauses.length).toBeLessThan(40);
});
