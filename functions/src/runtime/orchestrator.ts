import middy from "@middy/core";
import type { Context } from "@noctuary/core/context";
import type { Job } from "@noctuary/core/job";
import { sendOutbox } from "@noctuary/core/runtime/send-outbox";
import { startRun } from "@noctuary/core/runtime/start-run";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import type { Context as LambdaContext, SQSBatchResponse, SQSEvent } from "aws-lambda";
import * as z from "zod";
import { type ContextSource, guard } from "./guard.ts";
import { workOnBatch } from "./worker.ts";

/** What a manual call may ask for; the triggers over HTTP take the same. */
export const manualOptions = z.strictObject({
  userIds: z
    .array(z.string().min(1).max(512))
    .max(1_000, "at most 1,000 users; leave userIds out to run for everybody")
    .optional(),
  dryRun: z.boolean().optional(),
  full: z.boolean().optional(),
  acceptDeletions: z.boolean().optional(),
  replace: z.boolean().optional(),
  trial: z.boolean().optional(),
});
export type ManualOptions = z.input<typeof manualOptions>;

/** What starts a run: the schedule's own time is the run's key, so that a late or doubled delivery is the same run. */
export const startEvent = z.discriminatedUnion("trigger", [
  z.strictObject({ trigger: z.literal("schedule"), scheduledTime: z.iso.datetime({ offset: true }) }),
  z.strictObject({
    trigger: z.literal("manual"),
    asOf: z.iso.datetime({ offset: true }).optional(),
    options: manualOptions.default({}),
  }),
]);
export type StartEvent = z.input<typeof startEvent>;

export interface Started {
  runId: string;
  /** The run was there already: this call changed nothing. */
  joined: boolean;
}

/**
 * The handler of a job: starts a run and plans it. A plan that ran out of time comes back through the job's own
 * queue, to this same function.
 */
export function orchestrator(job: Job, context: ContextSource) {
  return middy(
    guard(
      context,
      (live, event: StartEvent | SQSEvent, lambda): Promise<Started | SQSBatchResponse> => {
        return isFromQueue(event)
          ? workOnBatch(job.plan, live, event, lambda)
          : start(job, live, event, lambda);
      },
      { job: job.slug, step: job.plan.slug },
    ),
  );
}

async function start(job: Job, context: Context, event: StartEvent, lambda: LambdaContext): Promise<Started> {
  const request = startEvent.parse(event);
  const { run, planTaskId } = await startRun(
    context,
    job,
    request.trigger === "schedule"
      ? { trigger: "schedule", asOf: new Date(request.scheduledTime), options: {} }
      : {
          trigger: "manual",
          asOf: request.asOf === undefined ? new Date() : new Date(request.asOf),
          options: request.options,
        },
  );
  if (planTaskId !== null) {
    // Begun here and not by way of the queue; its message, sent by the first outbox pass, finds it leased or done.
    await workOnTask(context, job.plan, planTaskId, () => lambda.getRemainingTimeInMillis());
  } else {
    await sendOutbox(context);
  }
  return { runId: run.id, joined: planTaskId === null };
}

function isFromQueue(event: StartEvent | SQSEvent): event is SQSEvent {
  return "Records" in event;
}
