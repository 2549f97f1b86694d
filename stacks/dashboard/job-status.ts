import { jobs } from "@noctuary/core/jobs";
import type { MetricName } from "@noctuary/core/metrics";
import { alarmList } from "../alarm-list.ts";
import type { Place } from "../place.ts";
import { type Account, type Block, COLUMNS, DAY, graph, HOUR, line, singleValues } from "./widgets.ts";

const RUN_TITLES = {
  RunsEnded: "Runs that ended",
  RunsPartial: "of which in part",
  RunsFailed: "of which failed",
} as const;

/** Is anything wrong, and did last night happen? */
export function jobStatus(place: Place, account: Account): Block[] {
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
