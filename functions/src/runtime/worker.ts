import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import middy from "@middy/core";
import type { Context } from "@noctuary/core/context";
import { MAX_RECEIVES, type PlanStep, type UserStep } from "@noctuary/core/job";
import { taskMessage } from "@noctuary/core/runtime/queue";
import { tasksAtHand } from "@noctuary/core/runtime/work-on-tasks";
import type { Context as LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type ContextSource, guard } from "./guard.ts";

/**
 * The handler of a step's queue. A message that cannot be read, or whose failure could not even be recorded, stays in
 * the queue and ends in its DLQ; whatever the ledger knows about is acknowledged. Messages that come together share an
 * invocation's fate, so one that crashes its worker is kept from taking the others to the DLQ with it.
 */
export function worker(step: PlanStep | UserStep, context: ContextSource) {
  return middy(
    guard(context, (live, event: SQSEvent, lambda) => workOnBatch(step, live, event, lambda), {
      step: step.slug,
    }),
  );
}

export async function workOnBatch(
  step: PlanStep | UserStep,
  context: Context,
  event: SQSEvent,
  lambda: LambdaContext,
): Promise<SQSBatchResponse> {
  const tasks = await tasksAtHand(context, step, {
    taskIds: event.Records.flatMap((record) => taskIdOf(record) ?? []),
    remainingMs: () => lambda.getRemainingTimeInMillis(),
  });
  // Should one of them crash this process, the others are through: first what has given no cause for suspicion.
  const isSuspect = (record: SQSRecord) => tasks.suspects.has(taskIdOf(record) ?? "");
  const Records = event.Records.toSorted((a, b) => Number(isSuspect(a)) - Number(isSuspect(b)));
  // Nothing is acknowledged where the process dies, and after this receive all would lie with the dead letters.
  const isLeft = ({ attributes }: SQSRecord) =>
    Records.length > 1 && Number(attributes.ApproximateReceiveCount) >= MAX_RECEIVES;
  const nextOf = (record: SQSRecord) => {
    const next = Records[Records.indexOf(record) + 1];
    return next === undefined || isLeft(next) ? undefined : (taskIdOf(next) ?? undefined);
  };
  const response = await processPartialResponse(
    { Records },
    async (record: SQSRecord) => {
      const { taskId } = taskMessage.parse(JSON.parse(record.body));
      await (isLeft(record) ? tasks.leave(taskId) : tasks.workOn(taskId, nextOf(record)));
    },
    new BatchProcessor(EventType.SQS),
    { context: lambda, throwOnFullBatchFailure: false, processInParallel: false },
  );
  await tasks.end();
  return response;
}

/** Null for what is no message of ours. */
function taskIdOf({ body }: SQSRecord): string | null {
  try {
    return taskMessage.parse(JSON.parse(body)).taskId;
  } catch {
    return null;
  }
}
