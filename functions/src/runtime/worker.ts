import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import middy from "@middy/core";
import type { Context } from "@noctuary/core/context";
import type { PlanStep, UserStep } from "@noctuary/core/job";
import { taskMessage } from "@noctuary/core/runtime/queue";
import { tasksAtHand } from "@noctuary/core/runtime/work-on-tasks";
import type { Context as LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { type ContextSource, guard } from "./guard.ts";

/**
 * The handler of a step's queue. A message that cannot be read, or whose failure could not even be recorded, stays in
 * the queue and ends in its DLQ; whatever the ledger knows about is acknowledged.
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
  const tasks = tasksAtHand(context, step, () => lambda.getRemainingTimeInMillis());
  const response = await processPartialResponse(
    event,
    async ({ body }: SQSRecord) => tasks.workOn(taskMessage.parse(JSON.parse(body)).taskId),
    new BatchProcessor(EventType.SQS),
    { context: lambda, throwOnFullBatchFailure: false, processInParallel: false },
  );
  await tasks.end();
  return response;
}
