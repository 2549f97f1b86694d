import { asLedger } from "@noctuary/db/access";
import { budgetOverview } from "@noctuary/db/budget/budget-month";
import {
  connectionsUsed,
  databaseNow,
  failedTasksOfNewest,
  oldestTaskAges,
  openRunAges,
  pastRuns,
} from "@noctuary/db/ledger/health";
import { areNotesThere } from "@noctuary/db/notes/attachment";
import { noteStates } from "@noctuary/db/notes/note-account";
import { isBudgetProblem } from "../budget/budget-problems.ts";
import type { Context } from "../context.ts";
import {
  consecutiveFailures,
  hoursSinceSuccess,
  type JobHistory,
  notesWithheld,
  slowRatio,
  topicSizeDrift,
  verificationRate,
} from "../gauges.ts";
import { jobs, queues } from "../jobs.ts";
import { instantOf } from "../local-date.ts";
import { type MetricName, measure, RECONCILER } from "../metrics.ts";

/** Runs that a new one is compared with. */
const HISTORY = 15;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * Tells the metrics what no window of them can see: weekly jobs, failures in a row, what is late, what waits, against
 * each job's own history. A job that is off has no gauges, and so no alarm.
 */
export async function takeGauges(context: Context): Promise<void> {
  await jobGauges(context);
  await taskGauges(context);
  if (await asLedger(context.db, areNotesThere)) await noteGauges(context);
  else context.logger.error("the notes cannot be read", { errorCode: "notes_unreadable" });
  const { connections, maxConnections } = await asLedger(context.db, connectionsUsed);
  measure(context.metrics, "Connections", connections, RECONCILER);
  measure(context.metrics, "ConnectionsUsed", (100 * connections) / maxConnections, RECONCILER);
}

async function jobGauges({ db, metrics, enabledJobs }: Context): Promise<void> {
  const { open, failedTasks, now } = await asLedger(db, async (tx) => ({
    open: await openRunAges(tx),
    failedTasks: await failedTasksOfNewest(tx),
    now: await databaseNow(tx),
  }));
  for (const { slug, schedule } of jobs) {
    const dimensions = { job: slug };
    const tell = (name: MetricName, value: number | null) => {
      if (value !== null) measure(metrics, name, value, dimensions);
    };
    tell("OpenRuns", open.get(slug)?.runs ?? 0);
    tell("OpenRunHours", (open.get(slug)?.ageMs ?? 0) / HOUR_MS);
    const since = enabledJobs.get(slug);
    if (since === undefined) continue;
    const runs = await asLedger(db, (tx) => pastRuns(tx, slug, HISTORY));
    const onSince = since === null ? null : instantOf(since, "00:00", schedule.timeZone);
    const history: JobHistory = {
      runs,
      onForMs: onSince === null ? null : now.getTime() - onSince.getTime(),
    };
    tell("HoursSinceSuccess", hoursSinceSuccess(history));
    tell("ConsecutiveFailures", consecutiveFailures(runs));
    tell("SlowRatio", slowRatio(runs));
    tell("FailedTasks", failedTasks.get(slug) ?? 0);
    if (slug === "nightly-cluster") {
      tell("NotesWithheld", notesWithheld(runs));
      tell("TopicSizeDrift", topicSizeDrift(runs));
    }
    if (slug === "weekly-insights") tell("NewestVerificationRate", verificationRate(runs));
  }
}

async function taskGauges({ db, metrics }: Context): Promise<void> {
  const ages = await asLedger(db, oldestTaskAges);
  for (const { queue, step } of queues()) {
    const job = jobs.find(({ plan, steps }) => [plan, ...steps].some((one) => one.queue === queue))!;
    const minutes = (ages.get(queue) ?? 0) / MINUTE_MS;
    measure(metrics, "OldestTaskMinutes", minutes, { job: job.slug, step: step.slug });
  }
}

async function noteGauges({ db, metrics, embedder, budgets }: Context): Promise<void> {
  const all = await asLedger(db, (tx) => noteStates(tx, embedder));
  // What waits for a budget is somebody's decision, and late for nobody.
  const waiting = all.filter(({ state, reason }) => state === "pending" && isBudgetProblem(reason));
  const states = all.filter((one) => !waiting.includes(one));
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
  measure(metrics, "NotesOverdue", sum(states.map(({ overdue }) => overdue)), RECONCILER);
  measure(metrics, "NotesWaitingForBudget", sum(waiting.map(({ notes }) => notes)), RECONCILER);
  if (budgets.totalUsd !== null) {
    const { totalUsed } = await asLedger(db, (tx) => budgetOverview(tx, budgets));
    const used = totalUsed.spentUsd + totalUsed.reservedUsd;
    // Of nothing everything is used.
    measure(
      metrics,
      "BudgetUsed",
      budgets.totalUsd === 0 ? 100 : (100 * used) / budgets.totalUsd,
      RECONCILER,
    );
  }
  const failed = states.filter(({ state }) => state === "failed");
  measure(metrics, "NotesFailed", sum(failed.map(({ notes }) => notes)), RECONCILER);
}
