import { Agent } from "node:http";
import { nodeFetch } from "@noctuary/core/provider/node-fetch";
import type { SendBatch } from "@noctuary/functions/runtime/sqs-queue";

/** Calls an action of SQS. @throws {Error} where it is refused, with what was answered; the signal's reason once it is aborted */
export type SqsCall = <Answer>(action: string, body: object, signal: AbortSignal) => Promise<Answer>;

/**
 * Queues of this machine, in SQS's JSON protocol (docs.aws.amazon.com/AWSSimpleQueueService, "AWS JSON protocol"). Not
 * through the SDK: a call of the SDK's takes a millisecond of the process that works, for a signature that nobody reads
 * here, and this takes a fifth of that. On AWS messages are sent by the SDK.
 */
export function localSqs(endpoint: string): SqsCall {
  // Not Node's own, which a proxy of the environment may be set for.
  const agent = new Agent({ keepAlive: true });
  return async <Answer>(action: string, body: object, signal: AbortSignal) => {
    const headers = {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `AmazonSQS.${action}`,
    };
    const request = { method: "POST", headers, body: JSON.stringify(body), signal, agent };
    const answer = await nodeFetch(`${endpoint}/`, request, () => {});
    if (!answer.ok) throw new Error(`${action} was refused with ${answer.status}: ${await answer.text()}`);
    return JSON.parse(await answer.text()) as Answer;
  };
}

const SEND_TIMEOUT_MS = 10_000;

/** Sends to queues of this machine. */
export function localSender(endpoint: string): SendBatch {
  const sqs = localSqs(endpoint);
  return (batch) => sqs("SendMessageBatch", batch, AbortSignal.timeout(SEND_TIMEOUT_MS));
}
