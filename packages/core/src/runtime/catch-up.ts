import { asLedger } from "@noctuary/db/access";
import { runForDate, scheduledSince } from "@noctuary/db/ledger/run";
import type { Context } from "../context.ts";
import type { Job } from "../job.ts";
import { localDateOf } from "../local-date.ts";
import { lastDue } from "../schedule.ts";
import { startRun } from "./start-run.ts";

/** A schedule that is late is not missed yet. */
const GRACE_MS = 3_600_000;
const MAX_WEEKS = 4;

/**
 * Starts the weekly runs that should exist and do not: an outage, a night whose start was lost. Four weeks at most, each
 * for its own date; none from before the job's first scheduled run, for nobody had asked for it then.
 *
 * @returns how many were started
 */
export async function catchUpWeeks(context: Context, job: Job, now: Date): Promise<number> {
  const since = await asLedger(context.db, (tx) => scheduledSince(tx, job.slug));
  if (since === null) return 0;
  let started = 0;
  let due = lastDue(job.schedule, new Date(now.getTime() - GRACE_MS));
  for (let week = 0; week < MAX_WEEKS; week++) {
    const localDate = localDateOf(due, job.schedule.timeZone);
    if (localDate < since) break;
    const run = await asLedger(context.db, (tx) => runForDate(tx, job.slug, localDate));
    if (run === null) {
      await startRun(context, job, { trigger: "catch-up", asOf: due, options: {} });
      started += 1;
    }
    due = lastDue(job.schedule, new Date(due.getTime() - 1));
  }
  if (started > 0) context.logger.warn("missed runs made up for", { job: job.slug, runs: started });
  return started;
}
