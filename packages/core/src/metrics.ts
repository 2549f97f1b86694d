/**
 * What a metric may be told apart by: each takes a handful of values, so that their number stays bounded. No user. One
 * at least: Powertools writes none as an empty list, of which CloudWatch makes no metric.
 */
export type MetricDimensions = {
  job?: string;
  /** A step, or a function that is none: `reconciler`, `api`. */
  step?: string;
  /** One of `errorCauses`: a code as it stands could be anything. */
  code?: string;
} & ({ job: string } | { step: string });

/** Where the gauges that are no job's stand. */
export const RECONCILER = { step: "reconciler" } as const;

export type MetricUnit = "Count" | "Milliseconds" | "Bytes" | "Percent" | "None";

interface MetricDefinition {
  unit: MetricUnit;
  /** The sets of dimensions that it comes with. */
  dimensions: readonly (readonly ("job" | "step" | "code")[])[];
  description: string;
}

const define = <const Definitions extends Record<string, MetricDefinition>>(definitions: Definitions) =>
  definitions;

/** Every metric there is. Alarms and dashboards go by these names; docs/operating.md explains them. */
export const metricDefinitions = define({
  // What a run amounts to, once it has ended. Dry runs are left out.
  RunsEnded: { unit: "Count", dimensions: [["job"]], description: "runs that ended" },
  RunsFailed: { unit: "Count", dimensions: [["job"]], description: "1 for a run that failed, else 0" },
  RunsPartial: {
    unit: "Count",
    dimensions: [["job"]],
    description: "1 for a run of which a part is missing, else 0",
  },
  RunDuration: { unit: "Milliseconds", dimensions: [["job"]], description: "from its beginning to its end" },
  NotesEmbedded: { unit: "Count", dimensions: [["job"]], description: "notes that got a vector in a run" },
  Tokens: {
    unit: "Count",
    dimensions: [["job"]],
    description: "tokens sent to and got from providers by a run",
  },
  CostUsd: {
    unit: "None",
    dimensions: [["job"]],
    description: "dollars that a run cost at providers, where the model has a known price",
  },
  Churn: {
    unit: "None",
    dimensions: [["job"], ["job", "step"]],
    description: "share of unchanged notes that are in another topic than the night before, in [0, 1]",
  },
  VerificationRate: {
    unit: "None",
    dimensions: [["job", "step"]],
    description: "share of a model's sentences about one week that held, in [0, 1]",
  },

  // What a task amounts to.
  TaskDuration: {
    unit: "Milliseconds",
    dimensions: [["job", "step"]],
    description: "of one try of a task that had something to do",
  },
  TasksDone: { unit: "Count", dimensions: [["job", "step"]], description: "tasks that were finished" },
  TasksFailed: {
    unit: "Count",
    dimensions: [["job", "step", "code"]],
    description: "tasks that were given up, by the cause of their last error",
  },
  TasksRetried: {
    unit: "Count",
    dimensions: [["job", "step", "code"]],
    description: "tries that failed and are made again, by cause",
  },

  // What an invocation used. Lambda has neither figure by itself.
  ResidentMemory: {
    unit: "Bytes",
    dimensions: [["step"], ["job", "step"]],
    description: "resident memory of the process after an invocation",
  },
  MemoryUsed: {
    unit: "Percent",
    dimensions: [["step"], ["job", "step"]],
    description: "the same as a share of what the function has",
  },
  CpuUsed: {
    unit: "Percent",
    dimensions: [["step"], ["job", "step"]],
    description: "processor time of an invocation as a share of what its memory size gives it",
  },

  // Gauges of the reconciler: what no window of CloudWatch can see.
  HoursSinceSuccess: {
    unit: "None",
    dimensions: [["job"]],
    description: "hours since a job of the schedule last ended well",
  },
  ConsecutiveFailures: {
    unit: "Count",
    dimensions: [["job"]],
    description: "how many of its newest runs failed, one after the other",
  },
  SlowRatio: {
    unit: "None",
    dimensions: [["job"]],
    description: "the newest run's time as a multiple of the median of those before",
  },
  OpenRunHours: { unit: "None", dimensions: [["job"]], description: "age of the oldest open run" },
  OpenRuns: { unit: "Count", dimensions: [["job"]], description: "runs that have not ended" },
  FailedTasks: { unit: "Count", dimensions: [["job"]], description: "tasks given up in its newest run" },
  OldestTaskMinutes: {
    unit: "None",
    dimensions: [["job", "step"]],
    description: "age of the oldest task that is not finished",
  },
  NotesWithheld: {
    unit: "Count",
    dimensions: [["job"]],
    description: "notes that vanished at once, whose deletion waits for a confirmation",
  },
  TopicSizeDrift: {
    unit: "None",
    dimensions: [["job"]],
    description: "notes a topic against the nights before, as a factor of at least 1",
  },
  NewestVerificationRate: {
    unit: "None",
    dimensions: [["job"]],
    description: "share of a model's sentences that held in the newest run of all users, in [0, 1]",
  },
  NotesOverdue: {
    unit: "Count",
    dimensions: [["step"]],
    description: "notes that have waited for their vector for longer than a night",
  },
  NotesFailed: {
    unit: "Count",
    dimensions: [["step"]],
    description: "notes without a vector, for a reason that lasts until they change",
  },
  NotesWaitingForBudget: {
    unit: "Count",
    dimensions: [["step"]],
    description:
      "notes that are not embedded because a month's budget is used up, or the model has no known price",
  },
  BudgetUsed: {
    unit: "Percent",
    dimensions: [["step"]],
    description:
      "dollars used or set aside this month, of the budget of all users together where there is one",
  },
  Connections: { unit: "Count", dimensions: [["step"]], description: "connections to the database server" },
  ConnectionsUsed: {
    unit: "Percent",
    dimensions: [["step"]],
    description: "the same as a share of what the server takes",
  },
  ReconcilerRounds: { unit: "Count", dimensions: [["step"]], description: "the reconciler's heartbeat" },

  // The triggers over HTTP.
  PreviousSecretCalls: {
    unit: "Count",
    dimensions: [["step"]],
    description: "calls of a trigger with the secret before the last rotation, which will stop being valid",
  },
});

export type MetricName = keyof typeof metricDefinitions;

export interface Measurement {
  name: MetricName;
  value: number;
  unit: MetricUnit;
  dimensions: MetricDimensions;
}

/** Where measurements go. Never throws: a number that is lost must not end a task. */
export interface Metrics {
  /**
   * Measurements that are given together have the same dimensions: they cost as much as one. Those of one name are values
   * of the same metric, fewer than a hundred of them.
   */
  add(...measurements: Measurement[]): void;
}

/** Adds a measurement with the unit that its name has. */
export function measure(
  metrics: Metrics,
  name: MetricName,
  value: number,
  dimensions: MetricDimensions,
): void {
  metrics.add(measurement(name, value, dimensions));
}

/** Keeps what is measured until it is told all at once: values of the same name and dimensions stand in one line. */
export function gatheredMetrics(metrics: Metrics): Metrics & { flush(): void } {
  const gathered = new Map<string, Measurement[]>();
  return {
    add(...measurements) {
      for (const measured of measurements) {
        const { job = "", step = "", code = "" } = measured.dimensions;
        const key = `${job} ${step} ${code}`;
        const alike = gathered.get(key);
        if (alike === undefined) gathered.set(key, [measured]);
        else alike.push(measured);
      }
    },
    flush() {
      for (const measurements of gathered.values()) metrics.add(...measurements);
      gathered.clear();
    },
  };
}

/** A measurement with the unit that its name has. */
export function measurement(name: MetricName, value: number, dimensions: MetricDimensions): Measurement {
  return { name, value, unit: metricDefinitions[name].unit, dimensions };
}
