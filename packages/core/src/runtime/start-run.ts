import { randomUUID } from "node:crypto";
import { asLedger } from "@noctuary/db/access";
import type { RunOptions, RunTrigger } from "@noctuary/db/ledger/ledger.sql";
import { addRun, openRunLike, type Run, runForDate } from "@noctuary/db/ledger/run";
import { addTasks } from "@noctuary/db/ledger/task";
import type { Context } from "../context.ts";
import type { Job } from "../job.ts";
import { localDateOf } from "../local-date.ts";

export interface RunRequest {
  trigger: RunTrigger;
  /** The moment that the run is for: the scheduled time, or now. */
  asOf: Date;
  options: RunOptions;
}

export interface StartedRun {
  run: Run;
  /** The task to begin with; null when the run was there already. */
  planTaskId: string | null;
}

/**
 * Creates a run with its plan task, or finds the run that this request means: a scheduled run is one per job and
 * local date, a manual request joins an open run that was asked for with the same users and options.
 */
export async function startRun(
  context: Pick<Context, "db">,
  job: Job,
  request: RunRequest,
): Promise<StartedRun> {
  const localDate = localDateOf(request.asOf, job.schedule.timeZone);
  const options = normaliseOptions(request.options);
  return asLedger(context.db, async (tx) => {
    if (request.trigger === "manual") {
      const open = await openRunLike(tx, job.slug, localDate, options);
      if (open !== null) return { run: open, planTaskId: null };
    }
    const run = await addRun(tx, {
      id: randomUUID(),
      job: job.slug,
      localDate,
      trigger: request.trigger,
      options,
      asOf: request.asOf,
    });
    if (run === null) return { run: (await runForDate(tx, job.slug, localDate))!, planTaskId: null };
    const planTaskId = randomUUID();
    await addTasks(tx, [
      {
        id: planTaskId,
        runId: run.id,
        step: job.plan.slug,
        queue: job.plan.queue,
        userId: null,
        payload: {},
      },
    ]);
    return { run, planTaskId };
  });
}

/** The same request in other words is the same request. */
function normaliseOptions({
  userIds,
  dryRun,
  full,
  acceptDeletions,
  replace,
  trial,
}: RunOptions): RunOptions {
  return {
    ...(userIds === undefined || userIds.length === 0 ? {} : { userIds: [...new Set(userIds)].sort() }),
    ...(dryRun === true ? { dryRun } : {}),
    ...(full === true ? { full } : {}),
    ...(acceptDeletions === true ? { acceptDeletions } : {}),
    ...(replace === true ? { replace } : {}),
    ...(trial === true ? { trial } : {}),
  };
}
