import { randomUUID } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";
import type { Context, SQSBatchResponse, SQSEvent, SQSMessageAttributes, SQSRecord } from "aws-lambda";

export interface EventOrigin {
  queueName: string;
  /** That of the local queues by default. */
  region?: string;
}

/** Account id and region of the local queues, as in every emulator. */
const LOCAL_ACCOUNT = "000000000000";
export const LOCAL_REGION = "us-east-1";

/** The event that Lambda would build from these messages: docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. */
export function sqsEvent(messages: Message[], origin: EventOrigin): SQSEvent {
  return { Records: messages.map((message) => sqsRecord(message, origin)) };
}

function sqsRecord(message: Message, { queueName, region = LOCAL_REGION }: EventOrigin): SQSRecord {
  return {
    messageId: message.MessageId!,
    receiptHandle: message.ReceiptHandle!,
    body: message.Body ?? "",
    // What the SDK calls optional is there: all system attributes are asked for.
    attributes: { ...message.Attributes } as unknown as SQSRecord["attributes"],
    messageAttributes: messageAttributes(message.MessageAttributes),
    md5OfBody: message.MD5OfBody!,
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:${region}:${LOCAL_ACCOUNT}:${queueName}`,
    awsRegion: region,
  };
}

function messageAttributes(attributes: Message["MessageAttributes"] = {}): SQSMessageAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { StringValue, BinaryValue, DataType }]) => [
      name,
      {
        ...(StringValue === undefined ? {} : { stringValue: StringValue }),
        ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString("base64") }),
        stringListValues: [],
        binaryListValues: [],
        dataType: DataType ?? "String",
      },
    ]),
  );
}

/** The context of one invocation that may take `timeoutMs` from now. The function bears its queue's name. */
export function lambdaContext({ queueName, region = LOCAL_REGION }: EventOrigin, timeoutMs: number): Context {
  const deadline = performance.now() + timeoutMs;
  const awsRequestId = randomUUID();
  const ignored = () => {}; // callbacks of Node 0.10: handlers here are async functions
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: queueName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${region}:${LOCAL_ACCOUNT}:function:${queueName}`,
    memoryLimitInMB: "1024",
    awsRequestId,
    logGroupName: `/aws/lambda/${queueName}`,
    logStreamName: "local",
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    done: ignored,
    fail: ignored,
    succeed: ignored,
  };
}

/**
 * Ids of the messages that a handler's answer leaves in the queue, by Lambda's rules for ReportBatchItemFailures:
 * nothing, or no list, is success of all.
 *
 * @throws {TypeError} for an answer that Lambda counts as failure of the whole batch.
 */
export function failedIds(response: unknown, messages: Message[]): Set<string> {
  if (response === undefined || response === null) return new Set();
  if (typeof response !== "object") throw new TypeError("the handler's answer is not an object");
  const failures = (response as Partial<SQSBatchResponse>).batchItemFailures ?? [];
  if (!Array.isArray(failures)) throw new TypeError("batchItemFailures is not a list");
  const known = new Set(messages.map((message) => message.MessageId));
  return new Set(
    failures.map((failure: { itemIdentifier?: unknown } | null) => {
      const id = failure?.itemIdentifier;
      if (typeof id !== "string" || !known.has(id)) {
        throw new TypeError("batchItemFailures names something that is not a message of the batch");
      }
      return id;
    }),
  );
}
