import type { MetricDimensions, MetricName } from "@noctuary/core/metrics";

export interface EmittedMetric {
  namespace: string;
  name: MetricName;
  value: number;
  unit: string;
  dimensions: MetricDimensions;
}

/** The metrics that CloudWatch would make of what was logged: lines in its embedded metric format. */
export function emittedMetrics(log: string): EmittedMetric[] {
  return log.split("\n").flatMap((line) => {
    if (!line.includes('"_aws"')) return [];
    const { _aws, ...values } = JSON.parse(line);
    // biome-ignore lint/suspicious/noExplicitAny: what a line holds is what is being found out
    return _aws.CloudWatchMetrics.flatMap(({ Namespace, Metrics, Dimensions }: any) =>
      Metrics.flatMap(({ Name, Unit }: { Name: MetricName; Unit: string }) =>
        Dimensions.flatMap((keys: string[]) =>
          // Several values of one metric stand in a list.
          [values[Name]].flat().map((value) => ({
            namespace: Namespace,
            name: Name,
            value,
            unit: Unit,
            dimensions: Object.fromEntries(keys.map((key) => [key, values[key]])),
          })),
        ),
      ),
    );
  });
}

/** What is logged besides: one object a line. */
export function loggedLines(log: string): Record<string, unknown>[] {
  return log
    .split("\n")
    .filter((line) => line.startsWith("{") && !line.includes('"_aws"'))
    .map((line) => JSON.parse(line));
}
