import { asLedger, asUser } from "@noctuary/db/access";
import { markCancelled, openTasks, seizeTask } from "@noctuary/db/ledger/cancel";
import { type Run, runById } from "@noctuary/db/ledger/run";
import { openRunUsers } from "@noctuary/db/ledger/run-user";
import { finishTask } from "@noctuary/db/ledger/task";
import type { Context } from "../context.ts";
import { recordable, runCancelled } from "../errors.ts";
import type { Job } from "../job.ts";
import { closeRunIfFinished } from "./close-run.ts";
import { endUser } from "./end-user.ts";

const PAGE = 200;

/**
 * Calls a run off at whatever moment it is in. From the mark on nobody begins with one of its tasks; what is under way
 * loses its fence and saves nothing; what is finished stays. Should this be killed half way, the workers end the rest.
 *
 * @returns how many tasks were ended, or null where the run had ended before
 */
export async function cancelRun(
  context: Pick<Context, "db" | "embedder" | "logger" | "metrics">,
  job: Job,
  runId: string,
): Promise<{ run: Run; tasks: number } | null> {
  const { db } = context;
  const run = await asLedger(db, (tx) => markCancelled(tx, runId));
  if (run === null) return null;
  let ended = 0;
  // The end of a task may have made another one: only a page that comes back empty says that none is left.
  for (;;) {
    const page = await asLedger(db, (tx) => openTasks(tx, runId, PAGE));
    if (page.length === 0) break;
    for (const { id, userId } of page) if (await endTask(context, job, run, id, userId)) ended += 1;
  }
  await abandonOpenUsers(context, job, run);
  await closeRunIfFinished(context, runId);
  context.logger.warn("run cancelled", { job: job.slug, runId, tasks: ended });
  return { run: (await asLedger(db, (tx) => runById(tx, runId)))!, tasks: ended };
}

/** In one transaction, like any other end of a task: whoever works on it finds its fence raised. */
async function endTask(
  { db, embedder, logger }: Pick<Context, "db" | "embedder" | "logger">,
  job: Job,
  run: Run,
  taskId: string,
  userId: string | null,
): Promise<boolean> {
  const failed = { status: "failed", error: recordable(runCancelled()) } as const;
  if (userId === null) {
    return asLedger(db, async (tx) => {
      const task = await seizeTask(tx, taskId);
      if (task !== null) await finishTask(tx, task, failed);
      return task !== null;
    });
  }
  return asUser(db, userId, async (tx) => {
    const task = await seizeTask(tx, taskId);
    if (task === null) return false;
    await finishTask(tx, task, failed);
    const step = job.steps.find(({ slug }) => slug === task.step);
    await step?.ended(tx, run, { ...task, userId }, "failed", { embedder, logger });
    return true;
  });
}

/** Users whose plan was cut off have no last task that would end their part. */
async function abandonOpenUsers({ db }: Pick<Context, "db">, job: Job, run: Run): Promise<void> {
  for (;;) {
    const page = await asLedger(db, (tx) => openRunUsers(tx, run.id, PAGE));
    if (page.length === 0) return;
    for (const userId of page) {
      await asUser(db, userId, async (tx) => {
        await job.abandoned?.(tx, run, userId);
        await endUser(tx, run, userId, "failed");
      });
    }
  }
}
