import { queues } from "@noctuary/core/jobs";
import type { App, Stack } from "sst/constructs";
import { stageAlarms } from "./alarms.ts";
import type { StageConfiguration } from "./configuration.ts";
import { stageDashboard } from "./dashboard.ts";
import type { Place } from "./place.ts";

/** Functions that work by day and night, without the stage: one a queue, and those that no queue feeds. */
export const WATCHED_FUNCTIONS: readonly string[] = [
  ...queues().map(({ queue }) => queue),
  "reconciler",
  "api",
];

/** Alarms to one topic, and the dashboard. `databaseInstance`: the one that the stack made, if it made one. */
export function observability(
  stack: Stack,
  app: App,
  configuration: StageConfiguration,
  databaseInstance: string | null,
): void {
  const place: Place = {
    named: (name) => app.logicalPrefixedName(name),
    configuration,
    functions: WATCHED_FUNCTIONS,
    databaseInstance,
  };
  const topic = stageAlarms(stack, app, place, configuration.alarms.emails);
  stageDashboard(stack, app, place);
  stack.addOutputs({ AlarmTopic: topic.topicArn });
}
