import { Agent } from "node:http";
import type { Message } from "@aws-sdk/client-sqs";
import { nodeFetch } from "@noctuary/core/provider/node-fetch";

/** A queue as whoever polls it for a handler sees it. */
export interface PolledQueue {
  /** Waits until there is a message, for the seconds of a long poll at most. Returns none where none came. */
  receive(
    options: { maxMessages: number; visibilityTimeoutSeconds: number },
    signal: AbortSignal,
  ): Promise<Message[]>;
  /** Deletes messages. Returns why some were not. */
  remove(messages: readonly Message[]): Promise<string[]>;
}

const LONG_POLL_SECONDS = 20;
const RECEIVE_TIMEOUT_MS = 30_000;
const REMOVE_TIMEOUT_MS = 10_000;

/**
 * A queue of this machine, at its URL, in SQS's JSON protocol (docs.aws.amazon.com/AWSSimpleQueueService, "AWS JSON
 * protocol"). Not through the SDK: on AWS nobody's function pays for being polled, and here a call of the SDK's took a
 * millisecond of the process that works, for a signature that nobody reads and retries that polling is by itself.
 */
export function polledQueue(queueUrl: string): PolledQueue {
  const endpoint = `${new URL(queueUrl).origin}/`;
  // Not Node's own, which a proxy of the environment may be set for.
  const agent = new Agent({ keepAlive: true });
  async function call<Answer>(action: string, body: object, signal: AbortSignal): Promise<Answer> {
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${action}`,
    };
    const text = JSON.stringify({ QueueUrl: queueUrl, ...body });
    const answer = await nodeFetch(
      endpoint,
      { method: "POST", headers, body: text, signal, agent },
      () => {},
    );
    if (!answer.ok) throw new Error(`${action} was refused with ${answer.status}: ${await answer.text()}`);
    return JSON.parse(await answer.text()) as Answer;
  }
  return {
    async receive({ maxMessages, visibilityTimeoutSeconds }, signal) {
      const request = {
        MaxNumberOfMessages: maxMessages,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        VisibilityTimeout: visibilityTimeoutSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      };
      const { Messages = [] } = await call<{ Messages?: WireMessage[] }>(
        "ReceiveMessage",
        request,
        AbortSignal.any([signal, AbortSignal.timeout(RECEIVE_TIMEOUT_MS)]),
      );
      return Messages.map(fromWire);
    },
    async remove(messages) {
      const request = {
        Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      };
      const { Failed = [] } = await call<{ Failed?: { Code: string }[] }>(
        "DeleteMessageBatch",
        request,
        AbortSignal.timeout(REMOVE_TIMEOUT_MS),
      );
      return Failed.map(({ Code }) => Code);
    },
  };
}

/** As it goes over the wire: what is binary is base64. */
type WireMessage = Omit<Message, "MessageAttributes"> & {
  MessageAttributes?: Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;
};

function fromWire({ MessageAttributes, ...message }: WireMessage): Message {
  if (MessageAttributes === undefined) return message;
  const attributes = Object.entries(MessageAttributes).map(([name, { BinaryValue, ...attribute }]) => [
    name,
    BinaryValue === undefined ? attribute : { ...attribute, BinaryValue: Buffer.from(BinaryValue, "base64") },
  ]);
  return { ...message, MessageAttributes: Object.fromEntries(attributes) };
}
