/**
 * One process with the handlers of Noctuary as they run on one machine: the orchestrator plans, the embed workers take their
 * tasks from the queue. Nothing takes the cluster tasks, so that a night ends here when its vectors are stored.
 */
import { setTimeout as delay } from "node:timers/promises";
import { pollQueue } from "@noctuary/cli/local/event-source";
import { localSender } from "@noctuary/cli/local/local-sqs";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import { lambdaContext } from "@noctuary/cli/local/sqs-event";
import { embed } from "@noctuary/core/nightly-cluster/embed";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { handler as embedHandler } from "@noctuary/functions/nightly-cluster/embed";
import { handler as orchestratorHandler } from "@noctuary/functions/nightly-cluster/orchestrator";
import { context, sendThrough } from "@noctuary/functions/runtime/context";
import type { Started } from "@noctuary/functions/runtime/orchestrator";
import { cpuMsSince, serveParent } from "./child.ts";

export interface NightRequest {
  asOf: string;
}

export interface NightFigures {
  runId: string;
  /** The most memory that this process was seen with in this night. */
  maxRssMb: number;
  /** Of this process alone, from the start of the work: what a busy machine leaves comparable. */
  cpuMs: number;
}

/** What is measured, the database's clock says: looking more often would take from it. */
const LOOK_EVERY_MS = 100;
const RECONCILE_EVERY_MS = 1_000;
/** A plan on Lambda has fifteen minutes at most. */
const PLAN_TIMEOUT_MS = 900_000;

sendThrough(localSender(process.env.AWS_ENDPOINT_URL_SQS!));
const { db, limits, ...rest } = await context();
const polling = pollQueue({
  queue: polledQueue(process.env.QUEUE_URL_EMBED!),
  queueName: "embed",
  batchSize: embed.limits.messagesAtOnce,
  maximumConcurrency: Number(process.env.WORKERS),
  visibilityTimeoutSeconds: embed.limits.visibilityTimeoutSeconds,
  timeoutMs: embed.limits.timeoutMs,
  handler: embedHandler as never,
  signal: new AbortController().signal,
});
polling.catch(() => process.exit(1));
serveParent(run);

async function run({ asOf }: NightRequest): Promise<NightFigures> {
  const cpuBefore = process.cpuUsage();
  const lambda = lambdaContext({ queueName: "nightly-cluster" }, PLAN_TIMEOUT_MS);
  const { runId } = (await orchestratorHandler(
    { trigger: "manual", asOf, options: {} } as never,
    lambda as never,
  )) as Started;
  let maxRss = 0;
  for (let reconciledAt = performance.now(); await isOpen(runId); await delay(LOOK_EVERY_MS)) {
    maxRss = Math.max(maxRss, process.memoryUsage.rss());
    if (performance.now() - reconciledAt < RECONCILE_EVERY_MS) continue;
    reconciledAt = performance.now();
    // What was put off, for a provider that asked for it, is announced when it is due.
    await reconcile({ db, limits, ...rest }, () => 60_000);
  }
  return {
    runId,
    maxRssMb: Math.round(maxRss / 2 ** 20),
    cpuMs: cpuMsSince(cpuBefore),
  };
}

/** Any of thousands tells: to count them all would take a fiftieth of the server's time. */
async function isOpen(runId: string): Promise<boolean> {
  const { rows } = await db.pool.query<{ open: boolean }>(
    `select exists (select from noctuary.task
       where run_id = $1 and step in ('plan', 'embed') and status in ('pending', 'running')) as open`,
    [runId],
  );
  return rows[0]!.open;
}
