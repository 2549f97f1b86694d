import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SQSClient,
  type SQSClientConfig,
} from "@aws-sdk/client-sqs";
import { quickCalls } from "@noctuary/functions/runtime/sqs-queue";
import { buildApp } from "fauxqs";
import { LOCAL_REGION } from "./sqs-event.ts";

export interface LocalQueueName {
  queue: string;
  visibilityTimeoutSeconds: number;
  /** After so many receives a message goes to `<queue>-dlq`. */
  maxReceiveCount: number;
}

export interface LocalQueues {
  /** `http://127.0.0.1:<port>`. */
  endpoint: string;
  /** Queue URLs by queue name. */
  urls: Record<string, string>;
  /** URLs of the dead-letter queues by the name of the queue they belong to. */
  dlqUrls: Record<string, string>;
  /** Messages are kept in memory: they are gone after this. Idempotent. */
  close(): Promise<void>;
}

/** What an SQS client needs to talk to the local queues. Any credentials do; without some the SDK would not sign. */
export function localSqsConfig(endpoint: string) {
  return {
    ...quickCalls,
    endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  } satisfies SQSClientConfig;
}

/**
 * SQS over the wire in this process, on a free loopback port, each queue with its dead-letter queue.
 *
 * Other accounts on the machine can reach it: a message must be a pointer, never a note.
 */
export async function startLocalQueues(names: LocalQueueName[]): Promise<LocalQueues> {
  // Not startFauxqs: that listens on every interface, and takes settings from the environment.
  const app = buildApp({ logger: false });
  const endpoint = await app.listen({ port: 0, host: "127.0.0.1" });
  const client = new SQSClient(localSqsConfig(endpoint));
  try {
    const urls: Record<string, string> = {};
    const dlqUrls: Record<string, string> = {};
    for (const { queue, visibilityTimeoutSeconds, maxReceiveCount } of names) {
      const dlqUrl = await createQueue(client, endpoint, `${queue}-dlq`, {});
      dlqUrls[queue] = dlqUrl;
      urls[queue] = await createQueue(client, endpoint, queue, {
        VisibilityTimeout: String(visibilityTimeoutSeconds),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: await arnOf(client, dlqUrl),
          maxReceiveCount,
        }),
      });
    }
    return { endpoint, urls, dlqUrls, close: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  } finally {
    client.destroy();
  }
}

async function createQueue(
  client: SQSClient,
  endpoint: string,
  name: string,
  attributes: Record<string, string>,
): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  // fauxqs answers with the host sqs.us-east-1.localhost, which not every resolver knows; it looks at the path only.
  return new URL(new URL(QueueUrl!).pathname, endpoint).href;
}

async function arnOf(client: SQSClient, queueUrl: string): Promise<string> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  return Attributes!.QueueArn!;
}
