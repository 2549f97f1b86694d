import { jobs, queues } from "@noctuary/core/jobs";
import type { MetricDimensions, MetricName } from "@noctuary/core/metrics";
import { alarmList } from "./alarm-list.ts";
import type { Place, WatchedMetric } from "./place.ts";

/** A dashboard's body as CloudWatch takes it ("Dashboard body structure and syntax", CloudWatch's API reference). */
export interface DashboardBody {
  start: string;
  widgets: Widget[];
}

export interface Widget {
  type: "text" | "metric" | "alarm" | "log";
  x: number;
  y: number;
  width: number;
  height: number;
  properties: Record<string, unknown>;
}

/** What a body says of where it stands. */
export interface Account {
  region: string;
  account: string;
}

const COLUMNS = 24;
const DAY = 86_400;
const HOUR = 3_600;
const FIVE_MINUTES = 300;

type Statistic = "p95" | "Average" | "Maximum" | "Sum";
/** One line of a widget: a metric, and what it is called. */
type Line = WatchedMetric & { label: string };
type Block = Omit<Widget, "x" | "y">;

/**
 * One page a stage, for each is paid by the month: how the jobs stand, how they do over time, what fails and why, and what
 * they use.
 */
export function dashboardBody(place: Place, account: Account): DashboardBody {
  const rows = [
    ...section("Job status", "Is anything wrong, and did last night happen? Runbooks: docs/runbooks.", [
      jobStatus(place, account),
    ]),
    ...section("Performance trends", "Against the weeks before.", trends(account)),
    ...section("Errors by cause", "Codes are explained in docs/runbooks/failed-tasks.md.", [
      errors(place, account),
    ]),
    ...section(
      "Resources",
      "Memory and processor as shares of what each function has.",
      resources(place, account),
    ),
  ];
  return { start: "-P14D", widgets: laidOut(rows) };
}

/** Every metric that the widgets show, searches aside. */
export function metricsOf({ widgets }: DashboardBody): WatchedMetric[] {
  return widgets
    .filter(({ type }) => type === "metric")
    .flatMap(({ properties }) => properties.metrics as unknown[][])
    .filter((line) => typeof line[0] === "string")
    .map((line) => {
      const [namespace, name, ...rest] = line.filter((part) => typeof part === "string") as string[];
      const dimensions: Record<string, string> = {};
      for (let i = 0; i + 1 < rest.length; i += 2) dimensions[rest[i]!] = rest[i + 1]!;
      return { namespace: namespace as WatchedMetric["namespace"], name: name!, dimensions };
    });
}

/** What the widgets search for: the names of metrics, with the dimensions that they are told apart by. */
export function searchesOf({ widgets }: DashboardBody): { name: string; dimensions: string[] }[] {
  return widgets
    .filter(({ type }) => type === "metric")
    .flatMap(({ properties }) => properties.metrics as { expression?: string }[][])
    .flatMap(([line]) => /\{Noctuary,([\w,]+)\} MetricName="(\w+)"/.exec(line?.expression ?? "") ?? [])
    .flatMap((_, i, parts) =>
      i % 3 === 0 ? [{ name: parts[i + 2]!, dimensions: parts[i + 1]!.split(",") }] : [],
    );
}

function jobStatus(place: Place, account: Account): Block[] {
  const ofJobs = (name: MetricName) => jobs.map(({ slug }) => line(name, { job: slug }, slug));
  return [
    {
      type: "alarm",
      width: COLUMNS,
      height: 6,
      properties: {
        title: "Alarms",
        alarms: alarmList(place).map(
          ({ name }) => `arn:aws:cloudwatch:${account.region}:${account.account}:alarm:${place.named(name)}`,
        ),
      },
    },
    singleValues("Hours since the last success", ofJobs("HoursSinceSuccess"), account),
    singleValues("Failed runs in a row", ofJobs("ConsecutiveFailures"), account),
    singleValues("Tasks given up in the newest run", ofJobs("FailedTasks"), account),
    singleValues("Open runs", ofJobs("OpenRuns"), account),
    ...(["RunsEnded", "RunsPartial", "RunsFailed"] as const).map((name) =>
      graph(RUN_TITLES[name], ofJobs(name), { stat: "Sum", period: DAY, view: "bar", width: 6 }, account),
    ),
    graph(
      "Rounds of the reconciler",
      [line("ReconcilerRounds", { step: "reconciler" }, "rounds")],
      { stat: "Sum", period: HOUR, width: 6 },
      account,
    ),
  ];
}

const RUN_TITLES = {
  RunsEnded: "Runs that ended",
  RunsPartial: "of which in part",
  RunsFailed: "of which failed",
} as const;

function trends(account: Account): Block[][] {
  const ofJobs = (name: MetricName) => jobs.map(({ slug }) => line(name, { job: slug }, slug));
  const cluster = { job: "nightly-cluster" };
  const nightly = { stat: "Maximum", period: DAY, width: 8 } as const;
  return [
    [
      graph("Time of a run (ms)", ofJobs("RunDuration"), nightly, account),
      graph("Against its own history (1: as usual)", ofJobs("SlowRatio"), { ...nightly, limit: 3 }, account),
      graph("Oldest open run (hours)", ofJobs("OpenRunHours"), { ...nightly, period: HOUR }, account),
      graph(
        "Time of a task (ms, p95)",
        stepLines("TaskDuration"),
        { stat: "p95", period: DAY, width: 8 },
        account,
      ),
      graph("Tasks done", stepLines("TasksDone"), { stat: "Sum", period: DAY, width: 8 }, account),
      graph(
        "Notes embedded",
        [line("NotesEmbedded", cluster, "notes")],
        { stat: "Sum", period: DAY, view: "bar", width: 8 },
        account,
      ),
      graph("Tokens", ofJobs("Tokens"), { stat: "Sum", period: DAY, view: "bar", width: 8 }, account),
      graph(
        "Dollars at providers",
        ofJobs("CostUsd"),
        { stat: "Sum", period: DAY, view: "bar", width: 8 },
        account,
      ),
      graph(
        "Budget used this month (percent)",
        [line("BudgetUsed", { step: "reconciler" }, "of all users together")],
        nightly,
        account,
      ),
      graph(
        "Notes without a vector",
        [
          line("NotesOverdue", { step: "reconciler" }, "waiting for longer than a night"),
          line("NotesFailed", { step: "reconciler" }, "refused"),
          line("NotesWaitingForBudget", { step: "reconciler" }, "for a month's budget"),
        ],
        nightly,
        account,
      ),
      graph(
        "Clusters against the night before",
        [
          line("Churn", cluster, "churn (share of notes that moved)"),
          line("TopicSizeDrift", cluster, "topic size (factor)"),
        ],
        nightly,
        account,
      ),
      graph("Deletions held back", [line("NotesWithheld", cluster, "notes")], nightly, account),
      graph(
        "Sentences of the language model that held",
        [
          line("NewestVerificationRate", { job: "weekly-insights" }, "newest week, all users"),
          line("VerificationRate", { job: "weekly-insights", step: "insights" }, "a user's week"),
        ],
        { ...nightly, stat: "Average", limit: 0.7 },
        account,
      ),
    ],
  ];
}

function errors(place: Place, account: Account): Block[] {
  const search = (title: string, name: MetricName): Block => ({
    type: "metric",
    width: 12,
    height: 6,
    properties: {
      title,
      region: account.region,
      view: "timeSeries",
      stacked: true,
      metrics: [
        [
          {
            expression: `SEARCH('{Noctuary,job,step,code} MetricName="${name}"', 'Sum', ${HOUR})`,
            // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in
            label: "${PROP('Dim.step')} ${PROP('Dim.code')}",
            id: "e1",
          },
        ],
      ],
    },
  });
  return [
    search("Tasks given up, by cause", "TasksFailed"),
    search("Tries that failed, by cause", "TasksRetried"),
    graph(
      "Invocations that failed",
      place.functions.map((name) => lambda(place, "Errors", name)),
      { stat: "Sum", period: HOUR, view: "bar", width: 12 },
      account,
    ),
    graph(
      "Calls of the triggers",
      ["Count", "4XXError", "5XXError"].map((name) => apiLine(place, name)),
      { stat: "Sum", period: HOUR, view: "bar", width: 12 },
      account,
    ),
    graph(
      "Dead letters",
      [...queues().map(({ queue }) => `${queue}-dlq`), ...jobs.map(({ slug }) => `${slug}-start-dlq`)].map(
        (queue) => sqs(place, "ApproximateNumberOfMessagesVisible", queue),
      ),
      { stat: "Maximum", period: HOUR, width: COLUMNS },
      account,
    ),
    {
      type: "log",
      width: COLUMNS,
      height: 6,
      properties: {
        title: "Errors by code, from the logs",
        region: account.region,
        view: "table",
        query: [
          ...place.functions.map((name) => `SOURCE '/aws/lambda/${place.named(name)}'`),
          "filter level in ['ERROR', 'CRITICAL']",
          "stats count() as errors, max(@timestamp) as newest by level, message, job, step, errorClass, errorCode",
          "sort errors desc",
          "limit 50",
        ].join(" | "),
      },
    },
  ];
}

function resources(place: Place, account: Account): Block[][] {
  const quick = { stat: "Maximum", period: FIVE_MINUTES, width: 8 } as const;
  return [
    [
      graph("Memory used (%)", functionLines("MemoryUsed"), { ...quick, limit: 90 }, account),
      graph("Processor used (%)", functionLines("CpuUsed"), { ...quick, stat: "Average" }, account),
      graph("Resident memory (bytes)", functionLines("ResidentMemory"), quick, account),
      graph(
        "Functions at work at once",
        place.functions.map((name) => lambda(place, "ConcurrentExecutions", name)),
        quick,
        account,
      ),
      graph(
        "Throttled",
        place.functions.map((name) => lambda(place, "Throttles", name)),
        { ...quick, stat: "Sum" },
        account,
      ),
      graph(
        "Connections to the database",
        [
          line("Connections", { step: "reconciler" }, "connections"),
          line("ConnectionsUsed", { step: "reconciler" }, "% of what the server takes"),
        ],
        { ...quick, limit: 80 },
        account,
      ),
      graph(
        "Oldest message (s)",
        queues().map(({ queue }) => sqs(place, "ApproximateAgeOfOldestMessage", queue)),
        { ...quick, width: 12 },
        account,
      ),
      graph(
        "Oldest unfinished task (minutes)",
        stepLines("OldestTaskMinutes"),
        { ...quick, width: 12, limit: 240 },
        account,
      ),
      ...databaseGraphs(place, account),
    ],
  ];
}

function databaseGraphs({ databaseInstance }: Place, account: Account): Block[] {
  if (databaseInstance === null) return [];
  const rds = (title: string, name: string) =>
    graph(
      title,
      [{ namespace: "AWS/RDS", name, dimensions: { DBInstanceIdentifier: databaseInstance }, label: name }],
      { stat: "Average", period: FIVE_MINUTES, width: 8 },
      account,
    );
  return [
    rds("Database: processor (%)", "CPUUtilization"),
    rds("Database: free memory (bytes)", "FreeableMemory"),
    rds("Database: free storage (bytes)", "FreeStorageSpace"),
  ];
}

function section(title: string, text: string, rows: Block[][]): Block[][] {
  return [
    [{ type: "text", width: COLUMNS, height: 2, properties: { markdown: `## ${title}\n${text}` } }],
    ...rows,
  ];
}

/** Puts the blocks of each row side by side, and on new lines where they do not fit. */
function laidOut(rows: Block[][]): Widget[] {
  const widgets: Widget[] = [];
  let y = 0;
  for (const row of rows) {
    let x = 0;
    let height = 0;
    for (const block of row) {
      if (x + block.width > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      widgets.push({ ...block, x, y });
      x += block.width;
      height = Math.max(height, block.height);
    }
    y += height;
  }
  return widgets;
}

function graph(
  title: string,
  lines: Line[],
  look: { stat: Statistic; period: number; width: number; view?: "bar"; limit?: number },
  { region }: Account,
): Block {
  return {
    type: "metric",
    width: look.width,
    height: 6,
    properties: {
      title,
      region,
      view: look.view ?? "timeSeries",
      stat: look.stat,
      period: look.period,
      metrics: lines.map(metricArray),
      ...(look.limit === undefined
        ? {}
        : { annotations: { horizontal: [{ label: "alarm", value: look.limit }] } }),
    },
  };
}

function singleValues(title: string, lines: Line[], { region }: Account): Block {
  return {
    type: "metric",
    width: 6,
    height: 4,
    properties: {
      title,
      region,
      view: "singleValue",
      stat: "Maximum",
      period: HOUR,
      metrics: lines.map(metricArray),
    },
  };
}

function metricArray({ namespace, name, dimensions, label }: Line): unknown[] {
  return [namespace, name, ...Object.entries(dimensions).flat(), { label }];
}

function line(name: MetricName, dimensions: MetricDimensions, label: string): Line {
  return { namespace: "Noctuary", name, dimensions: { ...dimensions }, label };
}

function lambda({ named }: Place, name: string, of: string): Line {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: named(of) }, label: of };
}

function apiLine({ named }: Place, name: string): Line {
  return { namespace: "AWS/ApiGateway", name, dimensions: { ApiName: named("api") }, label: name };
}

function sqs({ named }: Place, name: string, queue: string): Line {
  return { namespace: "AWS/SQS", name, dimensions: { QueueName: named(queue) }, label: queue };
}

/** One line a step that has tasks, plans too. */
function stepLines(name: MetricName): Line[] {
  return jobs.flatMap(({ slug, plan, steps }) =>
    [plan, ...steps].map((step) => line(name, { job: slug, step: step.slug }, step.queue)),
  );
}

/** One line a function that measures what it uses. */
function functionLines(name: MetricName): Line[] {
  return [
    ...jobs.flatMap(({ slug, plan, steps }) => [
      line(name, { job: slug, step: plan.slug }, plan.queue),
      ...steps.map((step) => line(name, { step: step.slug }, step.queue)),
    ]),
    line(name, { step: "reconciler" }, "reconciler"),
  ];
}
