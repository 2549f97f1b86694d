import { jobs, queues } from "@noctuary/core/jobs";
import type { MetricDimensions, MetricName } from "@noctuary/core/metrics";
import type { Place, WatchedMetric } from "./place.ts";

export interface AlarmDefinition {
  /** Without the stage. */
  name: string;
  /** What has happened, in a sentence for whoever is woken by it. */
  meaning: string;
  /** The page of docs/runbooks that says what to do. */
  runbook: string;
  metric: WatchedMetric;
  statistic: "Maximum" | "Minimum" | "Sum" | "Average";
  periodMinutes: number;
  /** As many periods in a row. */
  periods: number;
  comparison: "atLeast" | "below";
  threshold: number;
  /**
   * Without a value: `ignore` keeps the alarm as it is, for what is told once a night or by the reconciler, whose silence
   * is an alarm by itself; `fine` where nothing is told when nothing happens; `alarm` where silence is the trouble.
   */
  missing: "ignore" | "fine" | "alarm";
}

/** From a night's beginning to the end of the next, and what a run may be late. */
const LATE_AFTER_HOURS = { daily: 27, sunday: 7 * 24 + 3 };
/** Four hours are longer than any user's stacks wait for clusters, and end before the morning. */
const OLD_TASK_MINUTES = 240;
const GIBIBYTE = 1024 ** 3;

/** Every alarm there is. */
export function alarmList(place: Place): AlarmDefinition[] {
  return [
    ...jobAlarms(place),
    ...queueAlarms(place),
    ...functionAlarms(place),
    ...databaseAlarms(place),
    ...dataAlarms(),
    silentReconciler(place),
    ...triggerAlarms(place),
  ];
}

/** The triggers over HTTP, and the secret that opens them. */
function triggerAlarms({ named, configuration: { cronSecret } }: Place): AlarmDefinition[] {
  const failing: AlarmDefinition = {
    name: "api-failing",
    meaning: "The triggers over HTTP answer calls with an error of their own.",
    runbook: "api-failing",
    metric: { namespace: "AWS/ApiGateway", name: "5XXError", dimensions: { ApiName: named("api") } },
    statistic: "Sum",
    ...within(5),
    ...atLeast(1),
    missing: "fine",
  };
  // Where another manager owns the secret, nothing here rotates it.
  const rotates = cronSecret.existing === undefined && cronSecret.rotateEveryDays !== null;
  const rotation: AlarmDefinition = {
    name: "rotation-failed",
    meaning: "The secret of the triggers could not be rotated; the present one goes on opening them.",
    runbook: "rotation-failed",
    metric: {
      namespace: "AWS/Lambda",
      name: "Errors",
      dimensions: { FunctionName: named("rotate-cron-secret") },
    },
    statistic: "Sum",
    ...within(60),
    ...atLeast(1),
    missing: "fine",
  };
  return [
    failing,
    ...(rotates ? [rotation] : []),
    {
      name: "previous-secret-used",
      meaning:
        "Somebody calls the triggers with the secret before the last rotation, which will stop being valid.",
      runbook: "previous-secret",
      metric: own("PreviousSecretCalls", { step: "api" }),
      statistic: "Sum",
      ...within(60),
      ...atLeast(1),
      missing: "fine",
    },
  ];
}

function jobAlarms({ configuration }: Place): AlarmDefinition[] {
  return jobs.flatMap(({ slug, schedule }) => {
    const failed: AlarmDefinition = {
      name: `${slug}-failed`,
      meaning: `A run of ${slug} failed as a whole.`,
      runbook: "job-failed",
      metric: own("RunsFailed", { job: slug }),
      statistic: "Maximum",
      ...within(5),
      ...atLeast(1),
      missing: "ignore",
    };
    // A job that is off has no gauges.
    if (configuration.jobs[slug]?.enabled === false) return [failed];
    return [
      failed,
      gauge(`${slug}-failing`, own("ConsecutiveFailures", { job: slug }), 3, {
        meaning: `The last three runs of ${slug} failed, one after the other.`,
        runbook: "three-failures",
      }),
      gauge(`${slug}-late`, own("HoursSinceSuccess", { job: slug }), LATE_AFTER_HOURS[schedule.days], {
        meaning: `${slug} has not ended well for ${LATE_AFTER_HOURS[schedule.days]} hours: it did not run, or not to its end.`,
        runbook: "job-did-not-run",
      }),
      gauge(`${slug}-slow`, own("SlowRatio", { job: slug }), 3, {
        meaning: `The newest run of ${slug} takes three times as long as its runs usually do.`,
        runbook: "job-slow",
      }),
      gauge(`${slug}-tasks-failed`, own("FailedTasks", { job: slug }), 1, {
        meaning: `Tasks of the newest run of ${slug} were given up: some users' nights are missing or in part.`,
        runbook: "failed-tasks",
      }),
    ];
  });
}

function queueAlarms({ named }: Place): AlarmDefinition[] {
  const deadLetters = (queue: string, meaning: string, runbook: string): AlarmDefinition => ({
    name: `${queue}-not-empty`,
    meaning,
    runbook,
    metric: {
      namespace: "AWS/SQS",
      name: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: named(queue) },
    },
    statistic: "Maximum",
    ...within(5),
    ...atLeast(1),
    missing: "fine",
  });
  return [
    ...queues().map(({ queue }) =>
      deadLetters(
        `${queue}-dlq`,
        `A message of the queue ${queue} made its worker crash three times, or could not be read.`,
        "dead-letters",
      ),
    ),
    ...jobs.map(({ slug }) =>
      deadLetters(`${slug}-start-dlq`, `A start of ${slug} by its schedule was lost.`, "lost-starts"),
    ),
    ...jobs.flatMap(({ slug, plan, steps }) =>
      [plan, ...steps].map((step) =>
        gauge(
          `${step.queue}-oldest-task`,
          own("OldestTaskMinutes", { job: slug, step: step.slug }),
          OLD_TASK_MINUTES,
          {
            meaning: `A task of the queue ${step.queue} has not been finished for four hours.`,
            runbook: "oldest-task",
          },
        ),
      ),
    ),
  ];
}

function functionAlarms({ named, functions }: Place): AlarmDefinition[] {
  const measured: MetricDimensions[] = [
    ...jobs.flatMap(({ slug, plan, steps }): MetricDimensions[] => [
      { job: slug, step: plan.slug },
      ...steps.map((step) => ({ step: step.slug })),
    ]),
    { step: "reconciler" },
  ];
  return [
    ...measured.map((dimensions): AlarmDefinition => {
      const name = dimensions.job ?? dimensions.step!;
      return {
        name: `${name}-memory`,
        meaning: `The function ${name} uses 90 % of its memory: a little more and Lambda ends it.`,
        runbook: "memory",
        metric: own("MemoryUsed", dimensions),
        statistic: "Maximum",
        ...within(5),
        ...atLeast(90),
        missing: "fine",
      };
    }),
    ...functions.map(
      (name): AlarmDefinition => ({
        name: `${name}-throttled`,
        meaning: `Lambda refuses to run ${name}: the account's or its own concurrency is used up.`,
        runbook: "throttles",
        metric: { namespace: "AWS/Lambda", name: "Throttles", dimensions: { FunctionName: named(name) } },
        statistic: "Sum",
        ...within(5, 2),
        ...atLeast(1),
        missing: "fine",
      }),
    ),
  ];
}

function databaseAlarms({ databaseInstance }: Place): AlarmDefinition[] {
  const connections = gauge("connections", own("ConnectionsUsed", { step: "reconciler" }), 80, {
    meaning: "Four of five connections that the database server takes are in use.",
    runbook: "connections",
  });
  if (databaseInstance === null) return [connections];
  const rds = (
    name: string,
    metric: string,
    limit: Pick<AlarmDefinition, "comparison" | "threshold" | "statistic">,
    meaning: string,
  ): AlarmDefinition => ({
    name,
    meaning,
    runbook: "database-resources",
    metric: { namespace: "AWS/RDS", name: metric, dimensions: { DBInstanceIdentifier: databaseInstance } },
    ...within(5, 3),
    ...limit,
    missing: "fine",
  });
  return [
    connections,
    rds(
      "database-cpu",
      "CPUUtilization",
      { ...atLeast(90), statistic: "Average" },
      "The database's processor has been busy for 90 % of a quarter of an hour.",
    ),
    rds(
      "database-memory",
      "FreeableMemory",
      { ...below(128 * 1024 ** 2), statistic: "Minimum" },
      "The database has less than 128 MB of memory left.",
    ),
    rds(
      "database-storage",
      "FreeStorageSpace",
      { ...below(2 * GIBIBYTE), statistic: "Minimum" },
      "The database has less than 2 GB of storage left.",
    ),
  ];
}

function dataAlarms(): AlarmDefinition[] {
  const cluster = { job: "nightly-cluster" };
  return [
    gauge("notes-overdue", own("NotesOverdue", { step: "reconciler" }), 1, {
      meaning: "Notes have waited for their vector for longer than a night.",
      runbook: "notes-without-vector",
    }),
    {
      name: "churn",
      meaning: "Two of five notes that nobody changed are in another topic than the night before.",
      runbook: "clusters-out-of-range",
      metric: own("Churn", cluster),
      statistic: "Maximum",
      ...within(5),
      ...atLeast(0.4),
      missing: "ignore",
    },
    gauge("topic-size", own("TopicSizeDrift", cluster), 3, {
      meaning: "Topics are three times as large, or as small, as in the nights before.",
      runbook: "clusters-out-of-range",
    }),
    gauge("notes-gone", own("NotesWithheld", cluster), 1, {
      meaning:
        "Many notes of a user or a source were gone at once; nothing is deleted until somebody says so.",
      runbook: "notes-gone",
    }),
    {
      ...gauge("verification-rate", own("NewestVerificationRate", { job: "weekly-insights" }), 0.7, {
        meaning:
          "Three of ten sentences that the language model wrote about weeks did not hold and were left out.",
        runbook: "verification-rate",
      }),
      ...below(0.7),
      statistic: "Minimum",
    },
  ];
}

/** Its rounds may be hours apart: silence is one round that should have been, and an hour. */
function silentReconciler({ configuration: { reconciler } }: Place): AlarmDefinition {
  return {
    name: "reconciler-silent",
    meaning:
      "The reconciler has not come to the end of a round: nobody looks after lost tasks and missed nights.",
    runbook: "reconciler-silent",
    metric: own("ReconcilerRounds", { step: "reconciler" }),
    statistic: "Sum",
    ...within(60, longestPauseHours(reconciler) + 1),
    ...below(1),
    missing: "alarm",
  };
}

function longestPauseHours({ from, to, otherwiseEveryHours }: Place["configuration"]["reconciler"]): number {
  if (otherwiseEveryHours !== null) return otherwiseEveryHours;
  const hours = (time: string) => Number(time.slice(0, 2)) + Number(time.slice(3)) / 60;
  // The day of the change to winter time has an hour more.
  return Math.ceil(24 - hours(to) + hours(from)) + 1;
}

/** What the reconciler tells: the newest value counts until there is a newer one. */
function gauge(
  name: string,
  metric: WatchedMetric,
  threshold: number,
  words: Pick<AlarmDefinition, "meaning" | "runbook">,
): AlarmDefinition {
  return {
    name,
    ...words,
    metric,
    statistic: "Maximum",
    ...within(5),
    ...atLeast(threshold),
    missing: "ignore",
  };
}

function own(name: MetricName, dimensions: MetricDimensions): WatchedMetric {
  return { namespace: "Noctuary", name, dimensions: { ...dimensions } };
}

function within(periodMinutes: number, periods = 1) {
  return { periodMinutes, periods };
}

function atLeast(threshold: number) {
  return { comparison: "atLeast", threshold } as const;
}

function below(threshold: number) {
  return { comparison: "below", threshold } as const;
}
