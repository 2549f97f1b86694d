import { asLedger } from "@noctuary/db/access";
import { scheduledDates, scheduledSince } from "@noctuary/db/ledger/run";
import type { Context } from "../context.ts";
import type { Job } from "../job.ts";
import { CATCH_UP_GRACE_MS, missedRuns } from "../missed-runs.ts";
import { startRun } from "./start-run.ts";

/**
 * Starts the runs that should exist and do not: a schedule that was lost, the night whose hour a clock change left
 * out, an outage. Of a job that is off none; of one that is on none from before it was.
 *
 * @returns how many were started
 */
export async function catchUp(context: Context, job: Job, now: Date): Promise<number> {
  let started = 0;
  for (const due of await missedRunsOf(context, job, now)) {
    const { planTaskId } = await startRun(context, job, { trigger: "catch-up", asOf: due, options: {} });
    if (planTaskId !== null) started += 1;
  }
  if (started > 0) context.logger.warn("missed runs made up for", { job: job.slug, runs: started });
  return started;
}

/** The moments of a job's runs that the ledger should have and has not. */
export async function missedRunsOf(
  { db, enabledJobs }: Pick<Context, "db" | "enabledJobs">,
  job: Job,
  now: Date,
  graceMs = CATCH_UP_GRACE_MS,
): Promise<Date[]> {
  if (!enabledJobs.has(job.slug)) return [];
  const dates = await asLedger(db, async (tx) => {
    // Nobody has said since when: since its first scheduled run, before which nobody had asked for it.
    const since = enabledJobs.get(job.slug) ?? (await scheduledSince(tx, job.slug));
    return since === null ? null : { since, started: await scheduledDates(tx, job.slug, since) };
  });
  return dates === null ? [] : missedRuns(job.schedule, now, dates, graceMs);
}
