import type { Place } from "../place.ts";
import { type AlarmDefinition, atLeast, own, within } from "./definition.ts";

/** The triggers over HTTP, and the secret that opens them. */
export function triggerAlarms({ named, configuration: { cronSecret } }: Place): AlarmDefinition[] {
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
