import type { Place } from "../place.ts";
import { type AlarmDefinition, below, own, within } from "./definition.ts";

/** Its rounds may be hours apart: silence is one round that should have been, and an hour. */
export function silentReconciler({ configuration: { reconciler } }: Place): AlarmDefinition {
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
