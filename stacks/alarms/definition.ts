import type { MetricDimensions, MetricName } from "@noctuary/core/metrics";
import type { WatchedMetric } from "../place.ts";

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

/** What the reconciler tells: the newest value counts until there is a newer one. */
export function gauge(
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

export function own(name: MetricName, dimensions: MetricDimensions): WatchedMetric {
  return { namespace: "Noctuary", name, dimensions: { ...dimensions } };
}

export function within(periodMinutes: number, periods = 1) {
  return { periodMinutes, periods };
}

export function atLeast(threshold: number) {
  return { comparison: "atLeast", threshold } as const;
}

export function below(threshold: number) {
  return { comparison: "below", threshold } as const;
}
