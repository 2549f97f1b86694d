import { jobs } from "@noctuary/core/jobs";
import type { Place } from "../place.ts";
import { type AlarmDefinition, atLeast, gauge, own, within } from "./definition.ts";

/** From a night's beginning to the end of the next, and what a run may be late. */
const LATE_AFTER_HOURS = { daily: 27, sunday: 7 * 24 + 3 };

export function jobAlarms({ configuration }: Place): AlarmDefinition[] {
  return jobs.flatMap(({ slug, schedule }) => {
    const failed: AlarmDefinition = {
      name: `${slug}-failed`,
      meaning: `A run of ${slug} failed as a whole.`,
      runbook: "job-failed",
      metric: own("RunsFailed", { job: slug }),
      statistic: "Maximum",
      ...within(5),
      ...atLeast(1),
      missing: "ignore",
    };
    // A job that is off has no gauges.
    if (configuration.jobs[slug]?.enabled === false) return [failed];
    return [
      failed,
      gauge(`${slug}-failing`, own("ConsecutiveFailures", { job: slug }), 3, {
        meaning: `The last three runs of ${slug} failed, one after the other.`,
        runbook: "three-failures",
      }),
      gauge(`${slug}-late`, own("HoursSinceSuccess", { job: slug }), LATE_AFTER_HOURS[schedule.days], {
        meaning: `${slug} has not ended well for ${LATE_AFTER_HOURS[schedule.days]} hours: it did not run, or not to its end.`,
        runbook: "job-did-not-run",
      }),
      gauge(`${slug}-slow`, own("SlowRatio", { job: slug }), 3, {
        meaning: `The newest run of ${slug} takes three times as long as its runs usually do.`,
        runbook: "job-slow",
      }),
      gauge(`${slug}-tasks-failed`, own("FailedTasks", { job: slug }), 1, {
        meaning: `Tasks of the newest run of ${slug} were given up: some users' nights are missing or in part.`,
        runbook: "failed-tasks",
      }),
    ];
  });
}
