import { asLedger } from "@noctuary/db/access";
import { redriveTasks } from "@noctuary/db/ledger/redrive";
import type { Run } from "@noctuary/db/ledger/run";
import type { Context } from "../context.ts";
import type { Job } from "../job.ts";

export interface Redriven {
  run: Run;
  /** How many tasks of each step are due again; none where none has failed so. */
  tasks: { step: string; tasks: number }[];
}

/**
 * Takes up the failed tasks of a run again, whatever state the run is in, cancelled ones too. A finished task is never
 * done again. Their messages stand in the outbox afterwards.
 *
 * @returns null where there is no such run
 */
export async function redriveRun(
  { db, logger }: Pick<Context, "db" | "logger">,
  job: Job,
  runId: string,
  { code }: { code?: string | undefined } = {},
): Promise<Redriven | null> {
  const redriven = await asLedger(db, (tx) => redriveTasks(tx, runId, { code, fanIn: job.fanIn }));
  const tasks = redriven?.tasks.reduce((sum, { tasks }) => sum + tasks, 0);
  logger.warn("run redriven", { job: job.slug, runId, code, tasks });
  return redriven;
}
