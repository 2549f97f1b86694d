import { jobs, queues } from "@noctuary/core/jobs";
import type { Place } from "../place.ts";
import { type AlarmDefinition, atLeast, gauge, own, within } from "./definition.ts";

/** Four hours are longer than any user's stacks wait for clusters, and end before the morning. */
const OLD_TASK_MINUTES = 240;

export function queueAlarms({ named }: Place): AlarmDefinition[] {
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
