import { once } from "node:events";
import { createConnection } from "node:net";
import { networkInterfaces } from "node:os";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type EventSource, pollQueue } from "@noctuary/cli/local/event-source";
import { type LocalQueues, localSqsConfig, startLocalQueues } from "@noctuary/cli/local/local-queues";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import { sqsEvent } from "@noctuary/cli/local/sqs-event";
import type { Context, SQSEvent } from "aws-lambda";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const QUEUE = "embed";
const MAX_RECEIVES = 2;
const WAIT = { timeout: 20_000, interval: 5 };
let queues: LocalQueues;
let client: SQSClient;
let stop: AbortController;
let polling: Promise<void> | undefined;

beforeEach(async () => {
  queues = await startLocalQueues([
    { queue: QUEUE, visibilityTimeoutSeconds: 1, maxReceiveCount: MAX_RECEIVES },
    { queue: "cluster", visibilityTimeoutSeconds: 30, maxReceiveCount: 3 },
  ]);
  client = new SQSClient(localSqsConfig(queues.endpoint));
  stop = new AbortController();
  polling = undefined;
});

afterEach(async () => {
  stop.abort();
  await polling;
  client.destroy();
  await queues.close();
});

function poll(handler: EventSource["handler"], settings: Partial<EventSource> = {}): void {
  polling = pollQueue({
    queue: polledQueue(queues.urls[QUEUE]!),
    queueName: QUEUE,
    batchSize: 10,
    maximumConcurrency: 1,
    visibilityTimeoutSeconds: 1,
    timeoutMs: 10_000,
    handler,
    signal: stop.signal,
    ...settings,
  });
}

async function send(...bodies: string[]): Promise<void> {
  await client.send(
    new SendMessageBatchCommand({
      QueueUrl: queues.urls[QUEUE],
      Entries: bodies.map((body, index) => ({ Id: String(index), MessageBody: body })),
    }),
  );
}

/** Messages in the queue, handed out or not. */
async function left(queueUrl: string | undefined): Promise<number> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["All"] }),
  );
  return (
    Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  );
}

const empty = () => vi.waitUntil(async () => (await left(queues.urls[QUEUE])) === 0, WAIT);

/** Waits for one message, as a person would look into the queue. */
async function deadLetter(): Promise<string | undefined> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queues.dlqUrls[QUEUE], WaitTimeSeconds: 20 }),
  );
  return Messages[0]?.Body;
}

test("a handler gets the event and the context that Lambda would give it", async () => {
  const calls: { event: SQSEvent; context: Context; remainingMs: number }[] = [];
  poll(async (event, context) => {
    calls.push({ event, context, remainingMs: context.getRemainingTimeInMillis() });
  });
  const { MessageId, MD5OfMessageBody } = await client.send(
    new SendMessageCommand({
      QueueUrl: queues.urls[QUEUE],
      MessageBody: '{"v":1,"taskId":"t1"}',
      MessageAttributes: {
        trace: { DataType: "String", StringValue: "abc" },
        bytes: { DataType: "Binary", BinaryValue: Uint8Array.of(1, 2) },
      },
    }),
  );
  await empty();
  const [{ event, context, remainingMs }] = calls as [(typeof calls)[0]];
  expect(event.Records).toEqual([
    {
      messageId: MessageId,
      receiptHandle: expect.any(String),
      body: '{"v":1,"taskId":"t1"}',
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        trace: { stringValue: "abc", stringListValues: [], binaryListValues: [], dataType: "String" },
        bytes: { binaryValue: "AQI=", stringListValues: [], binaryListValues: [], dataType: "Binary" },
      },
      md5OfBody: MD5OfMessageBody,
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:embed",
      awsRegion: "us-east-1",
    },
  ]);
  expect(context).toMatchObject({ functionName: "embed", functionVersion: "$LATEST" });
  expect(context.awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(remainingMs).toBeGreaterThan(0);
  expect(remainingMs).toBeLessThanOrEqual(10_000);
});

test("the event names the group of a fair queue's message", () => {
  // fauxqs forgets the group on a standard queue, so this is as far as it can be driven here.
  const attributes = { ApproximateReceiveCount: "1", MessageGroupId: "user-1" };
  const event = sqsEvent([{ Body: "x", Attributes: attributes }], {
    queueName: QUEUE,
    region: "eu-central-1",
  });
  expect(event.Records[0]).toMatchObject({
    attributes,
    awsRegion: "eu-central-1",
    eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:embed",
  });
});

test("only what the handler names as failed is delivered again", async () => {
  const received: string[] = [];
  poll(async (event) => {
    received.push(
      ...event.Records.map(({ body, attributes }) => `${body} ${attributes.ApproximateReceiveCount}`),
    );
    const failed = event.Records.filter(
      ({ body, attributes }) => body === "b" && attributes.ApproximateReceiveCount === "1",
    );
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
  await send("a", "b", "c");
  await empty();
  expect(received.sort()).toEqual(["a 1", "b 1", "b 2", "c 1"]);
});

test.each<[string, () => Promise<unknown>]>([
  ["throws", async () => Promise.reject(new Error("out of memory"))],
  [
    "throws before its first await",
    (): never => {
      throw new Error("no such export");
    },
  ],
  [
    "names an id that is not in the batch",
    async () => ({ batchItemFailures: [{ itemIdentifier: "nobody" }] }),
  ],
  ["names no id", async () => ({ batchItemFailures: [{ itemIdentifier: "" }] })],
  ["answers with something else", async () => "ok"],
])("the whole batch is delivered again when the handler %s", async (_, answer) => {
  const received: string[] = [];
  const errors: unknown[] = [];
  poll(
    (event) => {
      received.push(...event.Records.map(({ body }) => body));
      return received.length <= 2 ? answer() : Promise.resolve();
    },
    { onError: (error) => errors.push(error) },
  );
  await send("a", "b");
  await empty();
  expect(received.sort()).toEqual(["a", "a", "b", "b"]);
  expect(errors.length).toBeGreaterThan(0);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["an object without a list", {}],
  ["a list that is null", { batchItemFailures: null }],
  ["an empty list", { batchItemFailures: [] }],
])("the whole batch is done when the handler answers with %s", async (_, answer) => {
  let calls = 0;
  poll(async () => {
    calls++;
    return answer;
  });
  await send("a", "b");
  await empty();
  expect(calls).toBe(1);
});

test("a message that always fails ends in the dead-letter queue after its receives", async () => {
  let receives = 0;
  poll(async (event) => {
    receives += event.Records.filter(({ body }) => body === "poison").length;
    return {
      batchItemFailures: event.Records.filter(({ body }) => body === "poison").map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    };
  });
  await send("good", "poison");
  expect(await deadLetter()).toBe("poison");
  expect(receives).toBe(MAX_RECEIVES);
  expect(await left(queues.urls[QUEUE])).toBe(0);
}, 30_000);

test("no more handlers run at once than allowed, and that many do", async () => {
  let running = 0;
  let peak = 0;
  let calls = 0;
  let release = () => {};
  poll(
    async () => {
      calls++;
      peak = Math.max(peak, ++running);
      await new Promise<void>((resolve) => {
        const before = release;
        release = () => {
          before();
          resolve();
        };
      });
      running--;
    },
    { batchSize: 1, maximumConcurrency: 2, visibilityTimeoutSeconds: 60 },
  );
  await send("1", "2", "3", "4", "5");
  while ((await left(queues.urls[QUEUE])) > 0) {
    await vi.waitUntil(() => running === Math.min(2, 5 - (calls - running)), WAIT);
    release();
  }
  expect(calls).toBe(5);
  expect(peak).toBe(2);
});

test("a handler gets no more messages at once than the batch size", async () => {
  const sizes: number[] = [];
  await send("1", "2", "3", "4", "5");
  poll(async (event) => void sizes.push(event.Records.length), { batchSize: 2 });
  await empty();
  expect(sizes).toEqual([2, 2, 1]);
});

test("a batch that outlasts the function's timeout is delivered again, and frees its place", async () => {
  const received: string[] = [];
  const errors: unknown[] = [];
  poll(
    (event) => {
      received.push(event.Records[0]!.body);
      return received.length === 1 ? new Promise(() => {}) : Promise.resolve();
    },
    { timeoutMs: 10, onError: (error) => errors.push(String(error)) },
  );
  await send("slow");
  await empty();
  expect(received).toEqual(["slow", "slow"]);
  expect(errors).toEqual(["Error: the handler took longer than 10 ms"]);
});

test("after the stop, batches under way end and are deleted, and nothing new is taken", async () => {
  let finish = () => {};
  const received: string[] = [];
  poll(
    async (event) => {
      received.push(...event.Records.map(({ body }) => body));
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
    { visibilityTimeoutSeconds: 60, maximumConcurrency: 2 },
  );
  await send("under way");
  await vi.waitUntil(() => received.length === 1, WAIT);
  stop.abort();
  await send("too late");
  finish();
  await polling;
  expect(received).toEqual(["under way"]);
  expect(await left(queues.urls[QUEUE])).toBe(1);
});

test("an unreachable queue is reported and does not end the polling", async () => {
  const gone = await startLocalQueues([]);
  await gone.close();
  const errors: unknown[] = [];
  poll(async () => {}, {
    queue: polledQueue(`${gone.endpoint}/000000000000/embed`),
    onError: (error) => errors.push(error),
  });
  await vi.waitUntil(() => errors.length >= 2, WAIT);
  stop.abort();
  await polling;
});

test("the queues listen on loopback only", async () => {
  const { hostname, port } = new URL(queues.endpoint);
  expect(hostname).toBe("127.0.0.1");
  const outward = Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal);
  if (outward === undefined) return; // no network: nothing to reach it from
  const [error] = await once(createConnection(Number(port), outward.address), "error");
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});

test("stopping the queues twice is the same as once", async () => {
  await queues.close();
  await queues.close();
});
