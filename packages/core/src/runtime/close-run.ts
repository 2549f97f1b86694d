import { asLedger } from "@noctuary/db/access";
import type { RecordedError, RunStatus, Totals } from "@noctuary/db/ledger/ledger.sql";
import {
  finishRun,
  hasOpenTasks,
  lockFinishedRun,
  runDurationMs,
  type TaskSummary,
  taskSummaries,
} from "@noctuary/db/ledger/run";
import { type RunUserTotals, runUserTotals } from "@noctuary/db/ledger/run-user";
import { tasksOfRun } from "@noctuary/db/ledger/task-list";
import type { Context } from "../context.ts";
import { churnOf } from "../identity/churn.ts";
import { type MetricName, type Metrics, measure } from "../metrics.ts";

/** Closes a run once none of its tasks is left, with the totals of all of them. Safe to call at any time. */
export async function closeRunIfFinished(
  { db, logger, metrics }: Pick<Context, "db" | "logger" | "metrics">,
  runId: string,
): Promise<void> {
  // Asked without a lock first: each task of a run comes here, and all but the last one would wait for one another.
  // Of two that end at the same moment, the one that commits last finds nothing left.
  if (await hasOpenTasks(db, runId)) return;
  const closed = await asLedger(db, async (tx) => {
    const run = await lockFinishedRun(tx, runId);
    if (run === null) return null;
    const plan = (await tasksOfRun(tx, runId, 1))[0]; // the plan is a run's first task
    const end = decideEnd(
      await runUserTotals(tx, runId),
      await taskSummaries(tx, runId),
      plan?.error ?? undefined,
    );
    if (run.cancelledAt !== null) end.status = "cancelled";
    await finishRun(tx, runId, end);
    return { run, end, durationMs: await runDurationMs(tx, runId) };
  });
  if (closed === null) return;
  const { run, end, durationMs } = closed;
  const { status, totals } = end;
  const log = status === "failed" ? logger.critical : logger.info;
  log.call(logger, "run ended", { job: run.job, runId, status, churn: totals.churn, durationMs });
  if (run.options.dryRun !== true) measureRun(metrics, run.job, end, durationMs);
}

function measureRun(metrics: Metrics, job: string, end: RunEnd, durationMs: number): void {
  const { status, totals, costUsd } = end;
  const { embedded, tokens = 0, inputTokens = 0, outputTokens = 0 } = totals;
  const tell = (name: MetricName, value: number) => measure(metrics, name, value, { job });
  tell("RunsEnded", 1);
  tell("RunsFailed", status === "failed" ? 1 : 0);
  tell("RunsPartial", status === "partial" ? 1 : 0);
  tell("RunDuration", durationMs);
  if (embedded !== undefined) tell("NotesEmbedded", embedded);
  tell("Tokens", tokens + inputTokens + outputTokens);
  if (costUsd !== null) tell("CostUsd", costUsd);
  if (totals.churn !== undefined) tell("Churn", totals.churn);
}

interface RunEnd {
  status: Exclude<RunStatus, "running">;
  totals: Totals;
  costUsd: number | null;
  error?: RecordedError;
}

/** What a finished run amounts to. */
export function decideEnd(users: RunUserTotals, tasks: TaskSummary[], planError?: RecordedError): RunEnd {
  const totals: Totals = {};
  let failedTasks = 0;
  for (const { status, result, tasks: count } of tasks) {
    if (status === "failed") failedTasks += count;
    for (const [name, value] of Object.entries(result)) totals[name] = (totals[name] ?? 0) + Number(value);
  }
  const { costUsd = 0, unpricedRequests = 0, ...counted } = totals;
  const churn = churnOf(counted);
  if (churn !== undefined) counted.churn = churn;
  const planFailed = tasks.some((task) => task.step === "plan" && task.status === "failed");
  const allFailed = users.users > 0 && users.failedUsers === users.users;
  const isPartial =
    failedTasks > 0 ||
    users.failedUsers > 0 ||
    (counted.failedDetectors ?? 0) > 0 ||
    (counted.sectionsMissing ?? 0) > 0 ||
    (counted.withheld ?? 0) > 0 ||
    (users.withheld ?? 0) > 0;
  return {
    status: planFailed || allFailed ? "failed" : isPartial ? "partial" : "done",
    // A dry run plans nobody: what it counted stands in its plan's result.
    // What is held back is the plan's to say, unless more vanished after it.
    totals:
      users.users > 0
        ? { ...counted, ...users, ...moreWithheld(users, counted), failedTasks }
        : { ...counted, failedTasks },
    costUsd: unpricedRequests > 0 ? null : costUsd,
    ...(planFailed && planError !== undefined ? { error: planError } : {}),
  };
}

function moreWithheld(users: RunUserTotals, counted: Totals): Totals {
  const { withheld } = counted;
  return withheld === undefined ? {} : { withheld: Math.max(withheld, users.withheld ?? 0) };
}
