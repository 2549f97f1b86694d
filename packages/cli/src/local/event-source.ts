import { setTimeout as delay } from "node:timers/promises";
import type { Message } from "@aws-sdk/client-sqs";
import type { Context, SQSEvent } from "aws-lambda";
import type { PolledQueue } from "./polled-queue.ts";
import { type EventOrigin, failedIds, lambdaContext, sqsEvent } from "./sqs-event.ts";

export interface EventSource {
  queue: PolledQueue;
  /** Names the function in its context and the queue in its events. */
  queueName: string;
  /** Messages a handler gets at most; SQS hands out no more than ten. */
  batchSize: number;
  /** Handlers at once at most. */
  maximumConcurrency: number;
  visibilityTimeoutSeconds: number;
  /** Time a handler has. As on Lambda, a batch that takes longer has failed and frees its place. */
  timeoutMs: number;
  handler: (event: SQSEvent, context: Context) => Promise<unknown>;
  /** Stops the polling. */
  signal: AbortSignal;
  /** Hears what Lambda would write to its own log: failed batches, an unreachable queue. */
  onError?: (error: unknown) => void;
}

const RETRY_AFTER_ERROR_MS = 500;
const SQS_MAX_BATCH = 10;

/**
 * Runs a handler on a queue's messages the way Lambda's SQS event source does, with ReportBatchItemFailures: what
 * succeeded is deleted; what is in `batchItemFailures`, or everything after a throw, a timeout or an invalid answer,
 * becomes visible again after the visibility timeout, so that the queue's redrive policy counts it.
 *
 * Resolves once `signal` is aborted and the batches under way have ended. Never rejects.
 */
export async function pollQueue(source: EventSource): Promise<void> {
  const { maximumConcurrency, signal, onError } = source;
  const origin = { queueName: source.queueName };
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    if (running.size >= maximumConcurrency) {
      await Promise.race(running);
      continue;
    }
    try {
      const messages = await receive(source);
      if (messages.length === 0) continue;
      const batch = invoke(source, origin, messages).finally(() => running.delete(batch));
      running.add(batch);
    } catch (error) {
      if (signal.aborted) break;
      onError?.(error);
      await delay(RETRY_AFTER_ERROR_MS, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }
  await Promise.all(running);
}

function receive({ queue, batchSize, visibilityTimeoutSeconds, signal }: EventSource): Promise<Message[]> {
  return queue.receive({ maxMessages: Math.min(batchSize, SQS_MAX_BATCH), visibilityTimeoutSeconds }, signal);
}

/** Never rejects: a batch that failed is the queue's business again. */
async function invoke(source: EventSource, origin: EventOrigin, messages: Message[]): Promise<void> {
  try {
    const context = lambdaContext(origin, source.timeoutMs);
    const answer = await withinTimeout(source.timeoutMs, async () =>
      source.handler(sqsEvent(messages, origin), context),
    );
    const failed = failedIds(answer, messages);
    await remove(
      source,
      messages.filter((message) => !failed.has(message.MessageId!)),
    );
  } catch (error) {
    source.onError?.(error);
  }
}

async function withinTimeout<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the handler took longer than ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

async function remove({ queue, onError }: EventSource, messages: Message[]): Promise<void> {
  if (messages.length === 0) return;
  // They will come once more, as they may on AWS.
  for (const code of await queue.remove(messages)) onError?.(new Error(`a message was not deleted: ${code}`));
}
