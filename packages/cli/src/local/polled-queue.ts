import type { Message } from "@aws-sdk/client-sqs";
import { localSqs } from "./local-sqs.ts";

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

/** A queue of this machine, at its URL. */
export function polledQueue(queueUrl: string): PolledQueue {
  const sqs = localSqs(new URL(queueUrl).origin);
  return {
    async receive({ maxMessages, visibilityTimeoutSeconds }, signal) {
      const request = {
        QueueUrl: queueUrl,
        MaxNumberOfMessages: maxMessages,
        WaitTimeSeconds: LONG_POLL_SECONDS,
        VisibilityTimeout: visibilityTimeoutSeconds,
        MessageSystemAttributeNames: ["All"],
        MessageAttributeNames: ["All"],
      };
      const { Messages = [] } = await sqs<{ Messages?: WireMessage[] }>(
        "ReceiveMessage",
        request,
        AbortSignal.any([signal, AbortSignal.timeout(RECEIVE_TIMEOUT_MS)]),
      );
      return Messages.map(fromWire);
    },
    async remove(messages) {
      const request = {
        QueueUrl: queueUrl,
        Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      };
      const { Failed = [] } = await sqs<{ Failed?: { Code: string }[] }>(
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
