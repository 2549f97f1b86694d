import { keepSchedule } from "@noctuary/cli/serve/keep-schedule";
import { jobs } from "@noctuary/core/jobs";
import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { expect, test } from "vitest";

/** Looks at these moments, one after the other, and returns what was started. */
async function lookAt(moments: string[], { failing = 0, missed = [] as string[] } = {}) {
  const started: string[] = [];
  const failed: string[] = [];
  const stop = new AbortController();
  let at = 0;
  let failures = failing;
  await keepSchedule({
    jobs: [nightlyCluster],
    signal: stop.signal,
    now: () => new Date(moments[at]!),
    async nextLook() {
      at += 1;
      if (at === moments.length) {
        at -= 1;
        stop.abort();
      }
    },
    async start(job, time) {
      if (failures-- > 0) throw new Error("no database");
      started.push(`${job.slug} ${time.toISOString()}`);
    },
    missed: async () => missed.map((moment) => new Date(moment)),
    onError: (job) => failed.push(job.slug),
  });
  return { started, failed };
}

test("a job starts once its time has come, once, for the moment it was due", async () => {
  const { started } = await lookAt([
    "2026-11-02T06:59:50Z",
    "2026-11-02T07:00:05Z",
    "2026-11-02T07:00:20Z",
    "2026-11-03T07:00:01Z",
  ]);
  expect(started).toEqual([
    "nightly-cluster 2026-11-02T07:00:00.000Z",
    "nightly-cluster 2026-11-03T07:00:00.000Z",
  ]);
});

test("what was due before it was started is nobody's night", async () => {
  expect((await lookAt(["2026-11-02T12:00:00Z", "2026-11-02T12:00:15Z"])).started).toEqual([]);
});

test("a machine that slept through three nights makes up for the newest", async () => {
  const { started } = await lookAt(["2026-11-02T06:00:00Z", "2026-11-05T13:00:00Z"]);
  expect(started).toEqual(["nightly-cluster 2026-11-05T07:00:00.000Z"]);
});

test("a start that failed is tried again at the next look", async () => {
  const moments = ["2026-11-02T06:59:00Z", "2026-11-02T07:00:05Z", "2026-11-02T07:00:20Z"];
  expect(await lookAt(moments, { failing: 1 })).toEqual({
    started: ["nightly-cluster 2026-11-02T07:00:00.000Z"],
    failed: ["nightly-cluster"],
  });
});

test("what was missed while the machine was off is started first", async () => {
  const { started } = await lookAt(["2026-11-03T12:00:00Z", "2026-11-04T07:00:01Z"], {
    missed: ["2026-11-03T07:00:00Z"],
  });
  expect(started).toEqual([
    "nightly-cluster 2026-11-03T07:00:00.000Z",
    "nightly-cluster 2026-11-04T07:00:00.000Z",
  ]);
});

test("every job there is has a time", () => {
  for (const { schedule } of jobs) expect(schedule.localTime).toMatch(/^\d\d:\d\d$/);
});
