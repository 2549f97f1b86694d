import { MAX_RECEIVES } from "@noctuary/core/job";
import { queues } from "@noctuary/core/jobs";
import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { App, Stack } from "sst/constructs";

/** One queue a step, by its name, each with a dead-letter queue named after it. */
export type StepQueues = ReadonlyMap<string, Queue>;

export function stepQueues(stack: Stack, app: App): StepQueues {
  return new Map(
    queues().map(({ queue, step }) => [
      queue,
      new Queue(stack, `${queue}-queue`, {
        queueName: app.logicalPrefixedName(queue),
        visibilityTimeout: Duration.seconds(step.limits.visibilityTimeoutSeconds),
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        deadLetterQueue: { queue: deadLetterQueue(stack, app, queue), maxReceiveCount: MAX_RECEIVES },
      }),
    ]),
  );
}

/** Keeps what could not be handled for as long as SQS can, so that a long weekend loses nothing. */
export function deadLetterQueue(stack: Stack, app: App, of: string): Queue {
  return new Queue(stack, `${of}-dlq`, {
    queueName: app.logicalPrefixedName(`${of}-dlq`),
    retentionPeriod: Duration.days(14),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
}
