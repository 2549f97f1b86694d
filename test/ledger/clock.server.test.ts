import { jobs } from "@noctuary/core/jobs";
import { localDateOf } from "@noctuary/core/local-date";
import { nextDue } from "@noctuary/core/schedule";
import { expect, test, vi } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { openNight } from "../support/night.ts";

// On a server alone: the embedded database goes by this process's clock.
const database = databaseOfFile();

test("a reconciler whose clock is hours ahead starts nothing before its time", async () => {
  const [cluster] = jobs;
  const due = nextDue(cluster!.schedule, new Date());
  const night = await openNight(database, {
    environment: { NOCTUARY_ENABLED_JOBS: `nightly-cluster=${localDateOf(due, "America/New_York")}` },
  });
  vi.useFakeTimers({ toFake: ["Date"], now: due.getTime() + 2 * 3_600_000 });
  try {
    await night.reconcile();
  } finally {
    vi.useRealTimers();
  }
  expect(await database.query("select local_date from noctuary.run")).toEqual([]);
  await night.close();
});
