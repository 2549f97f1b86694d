import type { Job } from "@noctuary/core/job";
import { jobs } from "@noctuary/core/jobs";
import { Duration, TimeZone } from "aws-cdk-lib";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from "aws-cdk-lib/aws-scheduler";
import { LambdaInvoke } from "aws-cdk-lib/aws-scheduler-targets";
import type { JobFunctions } from "./functions.ts";
import type { Surroundings } from "./lambda.ts";
import { deadLetterQueue } from "./queues.ts";
import { reconcilerRounds } from "./reconciler-rounds.ts";

/** How long a start is tried: a night that begins two hours late is still one. */
const KEEP_STARTING_FOR = Duration.hours(2);
/** Where the nights are, and with them the reconciler's. */
const TIME_ZONE = "America/New_York";

/** When each job starts, in its own time zone, and the reconciler's regular round. */
export function jobSchedules(
  { stack, app, configuration }: Surroundings,
  { orchestrators, reconciler }: JobFunctions,
): void {
  for (const job of jobs) {
    const orchestrator = orchestrators.get(job.slug)!;
    // Apart from the DLQ of the job's queue, whose messages are pointers and are sent back to it.
    const lostStarts = deadLetterQueue(stack, app, `${job.slug}-start`);
    // The schedule is done once Lambda has the event: its DLQ never hears of a function that failed.
    // Under `sst dev` SST has configured it already: an event that a developer's machine fails over is not tried again.
    if (app.mode !== "dev") {
      orchestrator.configureAsyncInvoke({
        onFailure: new SqsDestination(lostStarts),
        maxEventAge: KEEP_STARTING_FOR,
        retryAttempts: 2,
      });
    }
    new Schedule(stack, `${job.slug}-schedule`, {
      scheduleName: app.logicalPrefixedName(job.slug),
      enabled: configuration.jobs[job.slug]!.enabled,
      schedule: expressionOf(job),
      timeWindow: TimeWindow.off(),
      target: new LambdaInvoke(orchestrator, {
        // The scheduled time is the run's key: a doubled or late delivery starts the same run.
        input: ScheduleTargetInput.fromObject({
          trigger: "schedule",
          scheduledTime: ContextAttribute.scheduledTime,
        }),
        deadLetterQueue: lostStarts,
        maxEventAge: KEEP_STARTING_FOR,
        retryAttempts: 185,
      }),
    });
  }
  for (const [i, rounds] of reconcilerRounds(configuration.reconciler).entries()) {
    new Schedule(stack, `reconciler-schedule-${i}`, {
      scheduleName: app.logicalPrefixedName(`reconciler-${i}`),
      schedule: ScheduleExpression.cron({ ...rounds, timeZone: TimeZone.of(TIME_ZONE) }),
      timeWindow: TimeWindow.off(),
      // No DLQ: a round that is missed is made up by the next.
      target: new LambdaInvoke(reconciler, { maxEventAge: Duration.minutes(5), retryAttempts: 0 }),
    });
  }
}

function expressionOf({ schedule }: Job): ScheduleExpression {
  const [hour, minute] = schedule.localTime.split(":").map(Number);
  return ScheduleExpression.cron({
    hour: String(hour),
    minute: String(minute),
    ...(schedule.days === "sunday" ? { weekDay: "SUN" } : {}),
    timeZone: TimeZone.of(schedule.timeZone),
  });
}
