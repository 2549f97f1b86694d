import {
  asLedger,
  asUser,
  type Connection,
  type LedgerTransaction,
  type Line,
  overOneConnection,
  type UserTransaction,
} from "@noctuary/db/access";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import {
  type Claim,
  type ClaimedTask,
  claimTask,
  finishTask,
  finishTaskBy,
  LostLeaseError,
  retryTask,
  yieldTask,
} from "@noctuary/db/ledger/task";
import { lockWaits, waitKey } from "@noctuary/db/ledger/wait";
import type { Context, LogFields } from "../context.ts";
import { errorCause } from "../error-cause.ts";
import { OutOfTimeError, PermanentError, recordable, runCancelled, VersionConflictError } from "../errors.ts";
import type { Outcome, PlanStep, SaveAtOnce, UserStep, Wait } from "../job.ts";
import { measure, measurement } from "../metrics.ts";
import { closeRunIfFinished } from "./close-run.ts";
import { explainFailure } from "./explain-failure.ts";
import { sendEvents } from "./send-events.ts";
import { sendOutbox } from "./send-outbox.ts";

/** How often work is done again because another run changed the same user's data meanwhile. */
const MAX_REDOS = 5;
/** So much of the function's time is left when work that has not ended is given up: enough to say so. */
const GIVE_UP_MS = 5_000;

/**
 * Claims a task, works on it and ends it in the transaction that saves its results. A task that is finished, not due,
 * leased by someone else or another step's is left alone: messages may come twice, late, out of order and astray.
 *
 * @returns whether there was something to do. Throws only where even the failure could not be recorded (the
 * database is down): then the message must be delivered again.
 */
export async function workOnTask(
  context: Context,
  step: PlanStep | UserStep,
  taskId: string,
  remainingMs: () => number,
): Promise<boolean> {
  const claim = await claimFor(context, step, taskId);
  if (claim === null) return false;
  await workOn(context, step, claim, remainingMs);
  await followUp(context, [claim.run.id]);
  return true;
}

/** Hands on what ended tasks of these runs have left: messages, events, and the end of a run whose last task it was. */
export async function followUp(context: Context, runIds: Iterable<string>): Promise<void> {
  await sendOutbox(context);
  await sendEvents(context);
  for (const runId of runIds) await closeRunIfFinished(context, runId);
}

/** A claim with what its step's work begins with; null with nothing to do. */
export type Claimed = (Claim & { ahead?: unknown }) | null;

/** Claims a task for this step, over any connection or over one that is at hand. */
export function claimFor(
  context: Context,
  step: PlanStep | UserStep,
  id: string,
  line: Line = context.db,
): Promise<Claimed> {
  const { leaseMs } = step.limits;
  return isPlan(step) || step.claim === undefined
    ? claimTask(line, { id, step: step.slug, leaseMs })
    : step.claim(line, context, { id, leaseMs });
}

/**
 * Works on a claimed task and leaves the following up to the caller. Where its end is one statement, `next` may say another
 * one over the same connection, which goes out in one piece with it; it is not called where there is no such end.
 */
export async function workOn(
  context: Context,
  step: PlanStep | UserStep,
  claim: NonNullable<Claimed>,
  remainingMs: () => number,
  next?: (connection: Connection) => Promise<unknown>,
): Promise<void> {
  const { task, run, ahead } = claim;
  const fields = logFieldsOf(run, task);
  const startedMs = performance.now();
  let result: Totals | undefined;
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new OutOfTimeError("the function's time was up before the work had ended")),
    Math.max(0, remainingMs() - GIVE_UP_MS),
  );
  try {
    if (run.cancelledAt !== null) throw runCancelled();
    if (task.attempt > context.limits.maxAttempts) {
      throw new PermanentError(
        "worker_died",
        "each try ended without a word: the function was stopped or crashed",
      );
    }
    // Of a batch, one line says which tasks it is of: should one of them crash the process, it has no other.
    context.logger[step.limits.messagesAtOnce === 1 ? "info" : "debug"]("task started", fields);
    const time = { remainingMs, signal: stop.signal };
    result = await workAndSave(context, step, { run, task, ahead, next, ...time });
    context.logger.info("task ended", { ...fields, durationMs: Math.round(performance.now() - startedMs) });
  } catch (error) {
    await recordFailure(context, step, run, task, await explainFailure(context, error), fields);
  } finally {
    clearTimeout(timer);
  }
  measureTask(context, step, run, performance.now() - startedMs, result);
}

/** All that is measured of a try, with the same dimensions. */
function measureTask(
  { metrics }: Context,
  step: PlanStep | UserStep,
  run: Run,
  durationMs: number,
  result: Totals | undefined,
): void {
  const dimensions = { job: run.job, step: step.slug };
  const own = isPlan(step) || result === undefined ? [] : (step.measures?.(result) ?? []);
  metrics.add(
    measurement("TaskDuration", durationMs, dimensions),
    ...(result === undefined ? [] : [measurement("TasksDone", 1, dimensions)]),
    ...own.map((measured) => ({ ...measured, dimensions })),
  );
}

/** Returns the task's result where it has come to its end. */
async function workAndSave(
  context: Context,
  step: PlanStep | UserStep,
  {
    run,
    task,
    ahead,
    next,
    ...time
  }: NonNullable<Claimed> & {
    next: ((connection: Connection) => Promise<unknown>) | undefined;
    remainingMs: () => number;
    signal: AbortSignal;
  },
): Promise<Totals | undefined> {
  const input = { context, run, task, payload: task.payload, ...time };
  for (let redo = 0; ; redo++) {
    try {
      if (isPlan(step)) {
        const outcome = await inTime(step.work(input), time.signal);
        return await asLedger(context.db, (tx) => end(tx, task, outcome));
      }
      const userId = task.userId!;
      const outcome = await inTime(
        step.work({ ...input, userId, ...(redo === 0 ? { ahead } : {}) }),
        time.signal,
      );
      if ("waitsFor" in outcome) {
        await wait(context, run, { ...task, userId }, outcome);
        return undefined;
      }
      if ("statement" in outcome) {
        await overOneConnection(context.db, async (connection) => {
          const ended = finishTaskBy(connection, userId, outcome.statement);
          await Promise.allSettled([ended, next?.(connection)]);
          return ended;
        });
        return outcome.result;
      }
      return await asUser(context.db, userId, async (tx) => {
        const result = await end(tx, task, outcome);
        if (result !== undefined) await step.ended(tx, run, { ...task, userId }, "done", context);
        return result;
      });
    } catch (error) {
      if (!(error instanceof VersionConflictError) || redo >= MAX_REDOS) throw error;
    }
  }
}

/**
 * What comes of work, unless the signal is aborted before: whatever it still does then, it saves nothing, for its task is
 * handed back. What is saved is waited for: nobody could tell whether it was committed.
 */
async function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: timeIsUp, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, timeIsUp]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function end<Tx extends LedgerTransaction | UserTransaction>(
  tx: Tx,
  task: ClaimedTask,
  outcome: Exclude<Outcome<Tx>, SaveAtOnce>,
): Promise<Totals | undefined> {
  if (!("save" in outcome)) {
    await yieldTask(tx, task, { delayMs: outcome.laterInMs, payload: outcome.payload });
    return undefined;
  }
  const result = await outcome.save(tx);
  await finishTask(tx, task, { status: "done", result });
  return result;
}

/** As the ledger, which sees the runs that the wait depends on. */
async function wait(
  { db, logger }: Context,
  run: Run,
  task: ClaimedTask & { userId: string },
  { waitsFor, leftMs }: Wait,
): Promise<void> {
  const delayMs = await asLedger(db, async (tx) => {
    await lockWaits(tx, task.userId);
    const delayMs = await leftMs(tx);
    await yieldTask(tx, task, { delayMs, waitsFor: delayMs > 0 ? waitKey(waitsFor) : null });
    return delayMs;
  });
  logger.info("task waits", { ...logFieldsOf(run, task), forJob: waitsFor.job, delayMs });
}

async function recordFailure(
  context: Context,
  step: PlanStep | UserStep,
  run: Run,
  task: ClaimedTask,
  error: unknown,
  fields: LogFields,
): Promise<void> {
  if (error instanceof LostLeaseError) {
    context.logger.warn("lease lost, nothing saved", fields);
    return;
  }
  const recorded = recordable(error);
  const isFinal = error instanceof PermanentError || task.attempt >= context.limits.maxAttempts;
  const log = {
    ...fields,
    errorClass: recorded.class,
    errorCode: recorded.code,
    constraint: recorded.constraint,
  };
  const fail = (tx: LedgerTransaction | UserTransaction) =>
    isFinal
      ? finishTask(tx, task, { status: "failed", error: recorded })
      : retryTask(tx, task, recorded, backoffMs(task.attempt, context.limits.retryBaseMs));
  try {
    if (isPlan(step)) {
      await asLedger(context.db, fail);
    } else {
      const userId = task.userId!;
      await asUser(context.db, userId, async (tx) => {
        await fail(tx);
        if (isFinal) await step.ended(tx, run, { ...task, userId }, "failed", context);
      });
    }
  } catch (failure) {
    if (!(failure instanceof LostLeaseError)) throw failure;
    context.logger.warn("lease lost, nothing saved", fields);
    return;
  }
  measure(context.metrics, isFinal ? "TasksFailed" : "TasksRetried", 1, {
    job: run.job,
    step: step.slug,
    code: errorCause(recorded.code),
  });
  if (isFinal) context.logger.error("task failed", log);
  else context.logger.warn("task will be tried again", log);
}

/** Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). */
function backoffMs(attempt: number, baseMs: number): number {
  return Math.random() * baseMs * 2 ** attempt;
}

function isPlan(step: PlanStep | UserStep): step is PlanStep {
  return step.slug === "plan";
}

function logFieldsOf(run: Run, task: ClaimedTask): LogFields {
  return {
    job: run.job,
    runId: run.id,
    taskId: task.id,
    userId: task.userId,
    step: task.step,
    attempt: task.attempt,
  };
}
