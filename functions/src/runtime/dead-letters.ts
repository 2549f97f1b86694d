import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { queues } from "@noctuary/core/jobs";
import { taskMessage } from "@noctuary/core/runtime/queue";
import { queueUrlOf, type Settings } from "@noctuary/core/settings";

export interface DeadLetter {
  queue: string;
  messageId: string;
  /** The task that it points to; null where it cannot be read. */
  taskId: string | null;
  receives: number;
  /** Takes it out of the dead-letter queue. */
  remove(): Promise<void>;
}

/** So long nobody else sees what is being looked at. */
const VISIBILITY_SECONDS = 30;
const AT_ONCE = 10;

/** Whether this process has been told where deployed queues are. */
export function hasQueues(settings: Settings): boolean {
  return queues().some(({ queue }) => queueUrlOf(settings, queue) !== undefined);
}

/**
 * What lies in the dead-letter queues: messages that cannot be read, and pointers to tasks over which a worker crashed
 * again and again. The queues are found by the redrive policy of those they belong to. Nothing of a body is returned.
 */
export async function deadLetters(client: SQSClient, settings: Settings): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  for (const { queue } of queues()) {
    const url = queueUrlOf(settings, queue);
    const dlqUrl = url === undefined ? null : await deadLetterUrl(client, url);
    if (dlqUrl === null) continue;
    for (const message of await receiveAll(client, dlqUrl)) {
      found.push({
        queue,
        messageId: message.MessageId!,
        taskId: taskIdIn(message.Body),
        receives: Number(message.Attributes?.ApproximateReceiveCount ?? 0),
        async remove() {
          await client.send(
            new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle: message.ReceiptHandle! }),
          );
        },
      });
    }
  }
  return found;
}

async function deadLetterUrl(client: SQSClient, queueUrl: string): Promise<string | null> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] }),
  );
  if (Attributes?.RedrivePolicy === undefined) return null;
  const { deadLetterTargetArn } = JSON.parse(Attributes.RedrivePolicy) as { deadLetterTargetArn: string };
  const name = deadLetterTargetArn.split(":").at(-1)!;
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
  // What an emulator calls itself is not always an address: the host that answered is.
  return new URL(new URL(QueueUrl!).pathname, queueUrl).href;
}

async function receiveAll(client: SQSClient, queueUrl: string): Promise<Message[]> {
  const received = new Map<string, Message>();
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: AT_ONCE,
        VisibilityTimeout: VISIBILITY_SECONDS,
        MessageSystemAttributeNames: ["ApproximateReceiveCount"],
      }),
    );
    const known = received.size;
    for (const message of Messages) received.set(message.MessageId!, message);
    if (received.size === known) return [...received.values()];
  }
}

function taskIdIn(body: string | undefined): string | null {
  try {
    return taskMessage.parse(JSON.parse(body ?? "")).taskId;
  } catch {
    return null;
  }
}
