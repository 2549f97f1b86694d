import { jobs } from "@noctuary/core/jobs";
import type { MetricDimensions } from "@noctuary/core/metrics";
import type { Place } from "../place.ts";
import { type AlarmDefinition, atLeast, own, within } from "./definition.ts";

export function functionAlarms({ named, functions }: Place): AlarmDefinition[] {
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
