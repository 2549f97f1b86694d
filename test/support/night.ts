import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { localSqsConfig, startLocalQueues } from "@noctuary/cli/local/local-queues";
import { failedIds, LOCAL_REGION, lambdaContext, sqsEvent } from "@noctuary/cli/local/sqs-event";
import type { Context } from "@noctuary/core/context";
import { MAX_RECEIVES, userStep } from "@noctuary/core/job";
import { queues } from "@noctuary/core/jobs";
import { cluster } from "@noctuary/core/nightly-cluster/cluster";
import { embed } from "@noctuary/core/nightly-cluster/embed";
import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { nightlyStacks } from "@noctuary/core/nightly-stacks/nightly-stacks";
import { stacks } from "@noctuary/core/nightly-stacks/stacks";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { queueUrlVariable, resolveSettings } from "@noctuary/core/settings";
import { insights } from "@noctuary/core/weekly-insights/insights";
import { weeklyInsights } from "@noctuary/core/weekly-insights/weekly-insights";
import { asLedger } from "@noctuary/db/access";
import type { RunOptions } from "@noctuary/db/ledger/ledger.sql";
import { type Run, runById } from "@noctuary/db/ledger/run";
import { handler as clusterHandler } from "@noctuary/functions/nightly-cluster/cluster";
import { handler as embedHandler } from "@noctuary/functions/nightly-cluster/embed";
import { handler as orchestratorHandler } from "@noctuary/functions/nightly-cluster/orchestrator";
import { handler as stacksOrchestratorHandler } from "@noctuary/functions/nightly-stacks/orchestrator";
import { handler as stacksHandler } from "@noctuary/functions/nightly-stacks/stacks";
import { handler as reconcilerHandler } from "@noctuary/functions/reconciler";
import { closeContext, context, contextFrom } from "@noctuary/functions/runtime/context";
import { environmentSettings, setEnvironment } from "@noctuary/functions/runtime/environment";
import { orchestrator, type StartEvent, type Started } from "@noctuary/functions/runtime/orchestrator";
import { worker } from "@noctuary/functions/runtime/worker";
import { handler as insightsHandler } from "@noctuary/functions/weekly-insights/insights";
import { handler as insightsOrchestratorHandler } from "@noctuary/functions/weekly-insights/orchestrator";
import type { Context as LambdaContext, SQSBatchResponse } from "aws-lambda";
import { expect, vi } from "vitest";
import { CANARY, expectLedgerClean } from "./canary.ts";
import { PATIENT } from "./patience.ts";
import type { TestDatabase } from "./test-database.ts";

export type QueueName = JobName | "embed" | "cluster" | "stacks" | "insights";
export type JobName = "nightly-cluster" | "nightly-stacks" | "weekly-insights";
type Handler = (event: unknown, lambda: LambdaContext) => Promise<unknown>;

export interface NightOptions {
  /** Variables of the environment that the handlers read; retries wait for a millisecond where it is not said. */
  environment?: Record<string, string>;
  /** Puts a port around one of the context's: a counting embedder, a database that goes away. */
  wrap?: (context: Context) => Context;
}

let isOpen = false;
const EVERYTHING_AT_ONCE = 10;
const MAX_ROUNDS = 300;

/**
 * The real handlers between a real database and real queues. Nothing is delivered until a test says so: twice, late
 * or in another order, as it likes.
 */
export async function openNight(database: TestDatabase, options: NightOptions = {}) {
  if (isOpen) throw new Error("one night at a time: its addresses stand in this process's environment");
  isOpen = true;
  const directory = mkdtempSync(join(tmpdir(), "noctuary-night-"));
  const logFile = join(directory, "night.log");
  const local = await startLocalQueues(
    queues().map(({ queue, step }) => ({
      queue,
      visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
      maxReceiveCount: MAX_RECEIVES,
    })),
  );
  const environment = {
    DATABASE_URL: database.url,
    DATABASE_CONNECTIONS: "4",
    AWS_ENDPOINT_URL_SQS: local.endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    ...Object.fromEntries(QUEUES.map((queue) => [queueUrlVariable(queue), local.urls[queue]!])),
    NOCTUARY_LOG_FILE: logFile,
    NOCTUARY_RETRY_BASE_MS: "1",
    NOCTUARY_RESEND_AFTER_MS: "0",
    // The reconciler's clock is today's: it would make up for nights that no test is about.
    NOCTUARY_ENABLED_JOBS: "none",
    NOCTUARY_GAUGES_EVERY_MS: "0",
    NOCTUARY_DIMENSIONS: "64",
    ...options.environment,
  };
  setEnvironment(environment);
  const wrapped = options.wrap?.(contextFrom(resolveSettings([environmentSettings()]).settings));
  const live = wrapped ?? (await context());
  const handlers = wrapped === undefined ? realHandlers : handlersWith(wrapped);
  const client = new SQSClient(localSqsConfig(local.endpoint));
  const lambda = (queueName: string, timeoutMs = 900_000) => lambdaContext({ queueName }, timeoutMs);

  async function receiveAll(queueUrl: string): Promise<Message[]> {
    const received = new Map<string, Message>();
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: EVERYTHING_AT_ONCE,
          MessageSystemAttributeNames: ["All"],
        }),
      );
      const known = received.size;
      for (const message of Messages) received.set(message.MessageId!, message);
      if (received.size === known) return [...received.values()];
    }
  }

  /** Takes what is visible in a queue now; it stays there, invisible, until `deliver` removes it. */
  const receive = (queue: QueueName) => receiveAll(local.urls[queue]!);

  /** Hands messages to the queue's function as Lambda does, and removes those that it did not report as failed. */
  async function deliver(queue: QueueName, messages: Message[], timeoutMs?: number): Promise<string[]> {
    const answer = await handlers[queue](sqsEvent(messages, { queueName: queue }), lambda(queue, timeoutMs));
    const failed = failedIds(answer as SQSBatchResponse, messages);
    await remove(
      queue,
      messages.filter((message) => !failed.has(message.MessageId!)),
    );
    return [...failed];
  }

  /** Acknowledges messages, as Lambda does once their function has not reported them as failed. */
  async function remove(queue: QueueName, done: Message[]): Promise<void> {
    for (let i = 0; i < done.length; i += EVERYTHING_AT_ONCE) {
      await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: local.urls[queue]!,
          Entries: done
            .slice(i, i + EVERYTHING_AT_ONCE)
            .map(({ ReceiptHandle }, id) => ({ Id: String(id), ReceiptHandle: ReceiptHandle! })),
        }),
      );
    }
  }

  const start = async (event: StartEvent, job: JobName = "nightly-cluster"): Promise<Started> =>
    (await handlers[job](event, lambda(job))) as Started;

  /** Works off the queues until the run has ended; what waits is made due instead of being waited for. */
  async function finish(runId: string): Promise<Run> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let delivered = 0;
      for (const queue of QUEUES) {
        for (const message of await receive(queue)) {
          await deliver(queue, [message]);
          delivered += 1;
        }
      }
      if (delivered > 0) continue;
      const run = await asLedger(database.db, (tx) => runById(tx, runId));
      if (run !== null && run.status !== "running") return run;
      await makeWaitingDue(database);
      await handlers.reconciler({}, lambda("reconciler"));
    }
    throw new Error("the run did not end");
  }

  return {
    context: live,
    handlers,
    queues: local,
    client,
    lambda,
    receive,
    deliver,
    remove,
    start,
    finish,
    /** Starts a manual run and works it off. */
    async run(
      runOptions: RunOptions = {},
      asOf = "2026-11-02T07:00:00Z",
      job: JobName = "nightly-cluster",
    ): Promise<Run> {
      await endProviderRests(database); // it is another night
      const { runId } = await start({ trigger: "manual", asOf, options: runOptions as never }, job);
      return finish(runId);
    },
    async reconcile(): Promise<void> {
      await handlers.reconciler({}, lambda("reconciler"));
    },
    async send(queue: QueueName, body: string): Promise<void> {
      await client.send(new SendMessageCommand({ QueueUrl: local.urls[queue]!, MessageBody: body }));
    },
    /** Puts a message where those lie that a worker crashed over. */
    async bury(queue: QueueName, body: string): Promise<void> {
      await client.send(new SendMessageCommand({ QueueUrl: local.dlqUrls[queue]!, MessageBody: body }));
    },
    /** Makes messages that were received visible again, as the end of their visibility timeout does. */
    async release(queue: QueueName, messages: Message[]): Promise<void> {
      for (const { ReceiptHandle } of messages) {
        const visibility = { QueueUrl: local.urls[queue]!, ReceiptHandle, VisibilityTimeout: 0 };
        await client.send(new ChangeMessageVisibilityCommand(visibility));
      }
    },
    deadLetters: (queue: QueueName): Promise<Message[]> => receiveAll(local.dlqUrls[queue]!),
    logFile,
    /** All that was logged so far. */
    log: (): string => readFileSync(logFile, "utf8"),
    /** All that was logged, once everything so far has reached the file. */
    async told(): Promise<string> {
      const marker = `told ${randomUUID()}`;
      live.logger.info(marker, {});
      return vi.waitFor(() => {
        const text = readFileSync(logFile, "utf8");
        expect(text).toContain(marker);
        return text;
      }, PATIENT);
    },
    /** Fails when anything of a note went where it must not, whatever happened in this night. */
    async close(): Promise<void> {
      isOpen = false;
      setEnvironment(Object.fromEntries(Object.keys(environment).map((name) => [name, undefined])));
      await expectLedgerClean(database);
      live.logger.info("the last line", {});
      await vi.waitFor(() => expect(readFileSync(logFile, "utf8")).toContain("the last line"), PATIENT);
      expect(readFileSync(logFile, "utf8").toLowerCase()).not.toContain(CANARY);
      for (const queue of QUEUES) {
        for (const { Body } of [...(await receiveAll(local.dlqUrls[queue]!)), ...(await receive(queue))]) {
          expect(Body?.toLowerCase()).not.toContain(CANARY);
        }
      }
      await (wrapped === undefined ? closeContext() : wrapped.db.close());
      client.destroy();
      await local.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type Night = Awaited<ReturnType<typeof openNight>>;

const QUEUES = queues().map(({ queue }) => queue as QueueName);

const realHandlers = {
  "nightly-cluster": orchestratorHandler as unknown as Handler,
  embed: embedHandler as unknown as Handler,
  cluster: clusterHandler as unknown as Handler,
  "nightly-stacks": stacksOrchestratorHandler as unknown as Handler,
  stacks: stacksHandler as unknown as Handler,
  "weekly-insights": insightsOrchestratorHandler as unknown as Handler,
  insights: insightsHandler as unknown as Handler,
  reconciler: reconcilerHandler as unknown as Handler,
};

/** The same functions around another context. */
function handlersWith(wrapped: Context): typeof realHandlers {
  const own = () => wrapped;
  return {
    "nightly-cluster": orchestrator(nightlyCluster, own) as unknown as Handler,
    embed: worker(userStep(embed), own) as unknown as Handler,
    cluster: worker(userStep(cluster), own) as unknown as Handler,
    "nightly-stacks": orchestrator(nightlyStacks, own) as unknown as Handler,
    stacks: worker(userStep(stacks), own) as unknown as Handler,
    "weekly-insights": orchestrator(weeklyInsights, own) as unknown as Handler,
    insights: worker(userStep(insights), own) as unknown as Handler,
    reconciler: (_event, lambda) => reconcile(wrapped, () => lambda.getRemainingTimeInMillis()),
  };
}

/** The database's clock is owned by the test: what waits has waited long enough. */
export async function makeWaitingDue({ query }: TestDatabase): Promise<void> {
  await query(
    `update noctuary.task set not_before = clock_timestamp() - interval '1 second' where status = 'pending'`,
  );
  await endProviderRests({ query });
  await query(`update noctuary.outbox set claimed_until = null`);
}

/** Providers that were left alone have been for long enough; one that was not is no provider to be probed. */
async function endProviderRests({ query }: Pick<TestDatabase, "query">): Promise<void> {
  for (const until of ["open_until", "blocked_until"])
    await query(
      `update noctuary.provider_state set ${until} = clock_timestamp() where ${until} > clock_timestamp()`,
    );
}

/** Leases of workers that are gone have ended. */
export async function expireLeases({ query }: TestDatabase): Promise<void> {
  await query(
    `update noctuary.task set lease_until = clock_timestamp() - interval '1 second' where status = 'running'`,
  );
}
