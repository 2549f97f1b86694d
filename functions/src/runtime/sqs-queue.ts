import {
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import type { OutgoingMessage, Queue } from "@noctuary/core/runtime/queue";
import { queueUrlOf, type Settings } from "@noctuary/core/settings";
import { callLimits } from "./call-limits.ts";

/** The most that one SendMessageBatch takes. */
const BATCH = 10;
const BATCHES_IN_FLIGHT = 8;

/** A call takes a third less processor time: its steps are put together once, and no body is hashed, for TLS checks it. */
export const quickCalls = { cacheMiddleware: true, md5: false } satisfies SQSClientConfig;

/** The client of the queues wherever they are used: each of its calls has an end. */
export function sqsClient(limits = { requestMs: 10_000, connectMs: 5_000 }): SQSClient {
  return new SQSClient({ ...quickCalls, requestHandler: callLimits(limits) });
}

/** Sends one batch, and tells which of its messages were accepted: a batch may fail in part with HTTP 200. */
export type SendBatch = (
  batch: SendMessageBatchCommandInput,
) => Promise<{ Successful?: { Id?: string | undefined }[] | undefined }>;

export function sendBySdk(client: SQSClient): SendBatch {
  return (batch) => client.send(new SendMessageBatchCommand(batch));
}

/** The queues whose URLs stand in the settings. */
export function deployedQueue(send: SendBatch, settings: Settings): Queue {
  return sqsQueue(send, (queue) => queueUrlOf(settings, queue));
}

/** @param urlOf the URL of a queue by its name; undefined where none is configured */
export function sqsQueue(send: SendBatch, urlOf: (queue: string) => string | undefined): Queue {
  return {
    async send(messages) {
      const accepted = new Array<boolean>(messages.length).fill(false);
      const batches = batchesByQueue(messages);
      for (let i = 0; i < batches.length; i += BATCHES_IN_FLIGHT) {
        await Promise.all(
          batches.slice(i, i + BATCHES_IN_FLIGHT).map(async ({ queue, indexes }) => {
            for (const index of await sendBatch(send, urlOf(queue), messages, indexes))
              accepted[index] = true;
          }),
        );
      }
      return accepted;
    },
  };
}

function batchesByQueue(messages: readonly OutgoingMessage[]): { queue: string; indexes: number[] }[] {
  const batches: { queue: string; indexes: number[] }[] = [];
  for (const [queue, indexes] of Map.groupBy(messages.keys(), (i) => messages[i]!.queue)) {
    for (let i = 0; i < indexes.length; i += BATCH)
      batches.push({ queue, indexes: indexes.slice(i, i + BATCH) });
  }
  return batches;
}

/** @returns the indexes of the messages that were accepted */
async function sendBatch(
  send: SendBatch,
  url: string | undefined,
  messages: readonly OutgoingMessage[],
  indexes: number[],
): Promise<number[]> {
  if (url === undefined) throw Object.assign(new Error("a queue has no URL"), { code: "queue_url_missing" });
  const { Successful } = await send({
    QueueUrl: url,
    Entries: indexes.map((index) => {
      const { body, group, delaySeconds } = messages[index]!;
      // On a standard queue a group makes it fair: one heavy user cannot starve the rest. A message that waits
      // goes without, because a delay a message and a group do not mix on every queue.
      return {
        Id: String(index),
        MessageBody: JSON.stringify(body),
        ...(delaySeconds > 0 ? { DelaySeconds: delaySeconds } : { MessageGroupId: group }),
      };
    }),
  });
  return (Successful ?? []).map((entry) => Number(entry.Id));
}
