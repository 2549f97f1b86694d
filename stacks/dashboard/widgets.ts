import { jobs } from "@noctuary/core/jobs";
import type { MetricDimensions, MetricName } from "@noctuary/core/metrics";
import type { Place, WatchedMetric } from "../place.ts";

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

export const COLUMNS = 24;
export const DAY = 86_400;
export const HOUR = 3_600;
export const FIVE_MINUTES = 300;

type Statistic = "p95" | "Average" | "Maximum" | "Sum";
/** One line of a widget: a metric, and what it is called. */
export type Line = WatchedMetric & { label: string };
/** A widget that has no place yet. */
export type Block = Omit<Widget, "x" | "y">;

export function graph(
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

export function singleValues(title: string, lines: Line[], { region }: Account): Block {
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

export function line(name: MetricName, dimensions: MetricDimensions, label: string): Line {
  return { namespace: "Noctuary", name, dimensions: { ...dimensions }, label };
}

export function lambda({ named }: Place, name: string, of: string): Line {
  return { namespace: "AWS/Lambda", name, dimensions: { FunctionName: named(of) }, label: of };
}

export function apiLine({ named }: Place, name: string): Line {
  return { namespace: "AWS/ApiGateway", name, dimensions: { ApiName: named("api") }, label: name };
}

export function sqs({ named }: Place, name: string, queue: string): Line {
  return { namespace: "AWS/SQS", name, dimensions: { QueueName: named(queue) }, label: queue };
}

/** One line a step that has tasks, plans too. */
export function stepLines(name: MetricName): Line[] {
  return jobs.flatMap(({ slug, plan, steps }) =>
    [plan, ...steps].map((step) => line(name, { job: slug, step: step.slug }, step.queue)),
  );
}

/** One line a function that measures what it uses. */
export function functionLines(name: MetricName): Line[] {
  return [
    ...jobs.flatMap(({ slug, plan, steps }) => [
      line(name, { job: slug, step: plan.slug }, plan.queue),
      ...steps.map((step) => line(name, { step: step.slug }, step.queue)),
    ]),
    line(name, { step: "reconciler" }, "reconciler"),
  ];
}
