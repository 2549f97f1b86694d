import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MAX_RECEIVES } from "@noctuary/core/job";
import { jobBySlug, queues } from "@noctuary/core/jobs";
import { taskMessage } from "@noctuary/core/runtime/queue";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { type SettingName, settingDefinitions } from "@noctuary/core/setting-definitions";
import { queueUrlVariable } from "@noctuary/core/settings";
import { asLedger } from "@noctuary/db/access";
import { type Run, runById } from "@noctuary/db/ledger/run";
import { taskCounts, taskIdsOf } from "@noctuary/db/ledger/task-list";
import { closeContext, context, sendThrough } from "@noctuary/functions/runtime/context";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import type { StartEvent, Started } from "@noctuary/functions/runtime/orchestrator";
import type { Context as LambdaContext, SQSEvent, SQSRecord } from "aws-lambda";
import { CommandError } from "../exit.ts";
import type { Session } from "../session.ts";
import { pollQueue } from "./event-source.ts";
import { startLocalQueues } from "./local-queues.ts";
import { localSender } from "./local-sqs.ts";
import { polledQueue } from "./polled-queue.ts";
import { LOCAL_REGION, lambdaContext } from "./sqs-event.ts";

type Handler = (event: never, lambda: LambdaContext) => Promise<unknown>;

const RECONCILE_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 50;

export interface LocalRuntime {
  /** Starts a run through the orchestrator's handler and waits until it has ended. */
  runJob(job: string, event: StartEvent, onProgress?: (counts: TaskCounts) => void): Promise<Run>;
  /** Waits until a run that is under way has ended. */
  waitForRun(runId: string, onProgress?: (counts: TaskCounts) => void): Promise<Run>;
  /** Starts a run through the orchestrator's handler, as the schedule does, and returns once it is planned. */
  startJob(job: string, event: StartEvent): Promise<Started>;
  /**
   * As `runJob`, and works on nothing but this run's own tasks: what another process left may be notes for a provider that
   * nobody here has agreed to. Without it, and before `takeUp`, only plans are worked on: they send nothing.
   */
  runAlone(job: string, event: StartEvent, onProgress?: (counts: TaskCounts) => void): Promise<Run>;
  /**
   * Works on every task, takes up what an earlier process left undone, and keeps doing so: only once nothing would be
   * sent unasked.
   */
  takeUp(): Promise<void>;
  close(): Promise<void>;
}

export type TaskCounts = Awaited<ReturnType<typeof taskCounts>>;

/**
 * Runs the very handlers that run on Lambda: starts queues, tells the handlers by environment variables where
 * database and queues are, and polls as Lambda's event source does. One at a time in a process.
 */
export async function startLocalRuntime(session: Session): Promise<LocalRuntime> {
  const steps = queues();
  const local = await startLocalQueues(
    steps.map(({ queue, step }) => ({
      queue,
      visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
      maxReceiveCount: MAX_RECEIVES,
    })),
  );
  pointHandlersAt(session, local.endpoint, local.urls);
  sendThrough(localSender(local.endpoint));
  const handlers = await loadHandlers();
  const stop = new AbortController();
  const onError = () => {}; // the handlers log what concerns them; a message that fails comes again
  const pollers = new Map<string, Promise<void>>();
  let onlyRun: string | undefined;
  const poll = ({ queue, step }: (typeof steps)[number]) => {
    if (pollers.has(queue)) return;
    const handler = handlers.forQueue(queue);
    const polling = pollQueue({
      queue: polledQueue(local.urls[queue]!),
      queueName: queue,
      batchSize: step.limits.messagesAtOnce,
      maximumConcurrency: Math.min(step.limits.maximumConcurrency, 2),
      visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
      timeoutMs: step.limits.timeoutMs,
      handler: async (event, lambda) =>
        handler(onlyRun === undefined ? event : await eventOfRun(session, event, onlyRun), lambda),
      signal: stop.signal,
      onError,
    });
    pollers.set(queue, polling);
  };
  for (const one of steps) if (one.step.slug === "plan") poll(one);
  let reconciling: Promise<void> = Promise.resolve();

  const startJob = async (job: string, event: StartEvent): Promise<Started> => {
    const lambda = lambdaContext({ queueName: job }, 900_000);
    return (await handlers.orchestrator(job)(event as never, lambda)) as Started;
  };
  return {
    startJob,
    async runJob(job, event, onProgress) {
      const { runId } = await startJob(job, event);
      return waitForRun(session, runId, onProgress);
    },
    waitForRun: (runId, onProgress) => waitForRun(session, runId, onProgress),
    async runAlone(job, event, onProgress) {
      const { runId } = await startJob(job, event);
      onlyRun = runId;
      const own = jobBySlug(job)?.steps.map(({ queue }) => queue) ?? [];
      for (const one of steps) if (own.includes(one.queue)) poll(one);
      return waitForRun(session, runId, onProgress);
    },
    async takeUp() {
      onlyRun = undefined;
      for (const one of steps) poll(one);
      // The queues are new and empty: whatever an earlier process left undone is announced again.
      const live = await context();
      await reconcile({ ...live, limits: { ...live.limits, resendAfterMs: 0 } }, () => 60_000);
      reconciling = reconcileRegularly(handlers.reconciler, stop.signal);
    },
    async close() {
      stop.abort();
      await Promise.all([...pollers.values(), reconciling]);
      await closeContext();
      await local.close();
    },
  };
}

/** What of an event is about tasks of one run; the rest is acknowledged, and stays due in the ledger. */
async function eventOfRun({ db }: Session, event: SQSEvent, runId: string): Promise<SQSEvent> {
  const own = await asLedger(db, (tx) => taskIdsOf(tx, runId));
  const isOwn = ({ body }: SQSRecord) => {
    const message = taskMessage.safeParse(JSON.parse(body));
    return message.success && own.has(message.data.taskId);
  };
  return { Records: event.Records.filter(isOwn) };
}

function pointHandlersAt(session: Session, endpoint: string, urls: Record<string, string>): void {
  mkdirSync(join(session.home, "logs"), { recursive: true, mode: 0o700 });
  const environment: Record<string, string | undefined> = {
    AWS_ENDPOINT_URL_SQS: endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    // Either of these would win over the two above, and real credentials must not meet a local queue.
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
  };
  const values: Partial<Record<SettingName, unknown>> = {
    ...session.settings,
    databaseUrl: session.databaseUrl,
    logFile: session.settings.logFile ?? join(session.home, "logs", "noctuary.log"),
    eventLog: session.settings.eventLog ?? join(session.home, "events.jsonl"),
    // Whoever runs one job by hand has asked for no other; `serve` makes up for what it missed by itself.
    enabledJobs: "none",
  };
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) environment[settingDefinitions[name as SettingName].env] = String(value);
  }
  for (const [queue, url] of Object.entries(urls)) environment[queueUrlVariable(queue)] = url;
  setEnvironment(environment);
}

/** Each queue's handler, and the reconciler's. Loaded only now: they read the environment when they are first called. */
async function loadHandlers() {
  const reconciler = await import("@noctuary/functions/reconciler");
  const byQueue = new Map<string, Handler>();
  for (const { queue } of queues()) byQueue.set(queue, (await HANDLERS[queue]!()).handler as Handler);
  return {
    forQueue: (queue: string) =>
      byQueue.get(queue)! as (event: unknown, lambda: LambdaContext) => Promise<unknown>,
    orchestrator: (job: string) => byQueue.get(job)!,
    reconciler: reconciler.handler as (event: unknown, lambda: LambdaContext) => Promise<unknown>,
  };
}

/** The function of each queue, as `stacks/` names it: a job's own queue belongs to its orchestrator. */
const HANDLERS: Record<string, () => Promise<{ handler: unknown }>> = {
  "nightly-cluster": () => import("@noctuary/functions/nightly-cluster/orchestrator"),
  embed: () => import("@noctuary/functions/nightly-cluster/embed"),
  cluster: () => import("@noctuary/functions/nightly-cluster/cluster"),
  "nightly-stacks": () => import("@noctuary/functions/nightly-stacks/orchestrator"),
  stacks: () => import("@noctuary/functions/nightly-stacks/stacks"),
  "weekly-insights": () => import("@noctuary/functions/weekly-insights/orchestrator"),
  insights: () => import("@noctuary/functions/weekly-insights/insights"),
};

async function reconcileRegularly(
  handler: (event: unknown, lambda: LambdaContext) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await delay(RECONCILE_EVERY_MS, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    // It logs its own failures, and the next round tries again.
    await handler({}, lambdaContext({ queueName: "reconciler" }, 60_000)).catch(() => {});
  }
}

async function waitForRun(
  { db }: Session,
  runId: string,
  onProgress?: (counts: TaskCounts) => void,
): Promise<Run> {
  for (;;) {
    const { run, counts } = await asLedger(db, async (tx) => ({
      run: await runById(tx, runId),
      counts: await taskCounts(tx, runId),
    }));
    if (run === null)
      throw new CommandError("the run is gone from the database: was the schema dropped meanwhile?");
    if (run.status !== "running") return run;
    onProgress?.(counts);
    await delay(LOOK_EVERY_MS);
  }
}
