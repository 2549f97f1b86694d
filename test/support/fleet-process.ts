import { flushCompileCache } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { pollQueue } from "@noctuary/cli/local/event-source";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import { lambdaContext } from "@noctuary/cli/local/sqs-event";
import { queues } from "@noctuary/core/jobs";
import { queueUrlOf, resolveSettings } from "@noctuary/core/settings";
import { handler as clusterHandler } from "@noctuary/functions/nightly-cluster/cluster";
import { handler as embedHandler } from "@noctuary/functions/nightly-cluster/embed";
import { handler as orchestratorHandler } from "@noctuary/functions/nightly-cluster/orchestrator";
import { handler as reconcilerHandler } from "@noctuary/functions/reconciler";
import { context } from "@noctuary/functions/runtime/context";
import { environmentSettings } from "@noctuary/functions/runtime/environment";
import type { Context as LambdaContext } from "aws-lambda";

/**
 * A whole fleet in one process that a test may kill at any moment: orchestrator, workers and reconciler, the handlers
 * that run on Lambda, on the queues and the database that the environment names. It begins when it is told to start the
 * night that is due at a moment, or to go on.
 */
type Handler = (event: unknown, lambda: LambdaContext) => Promise<unknown>;
const handlers: Record<string, Handler> = {
  "nightly-cluster": orchestratorHandler as unknown as Handler,
  embed: embedHandler as unknown as Handler,
  cluster: clusterHandler as unknown as Handler,
};
const { settings } = resolveSettings([environmentSettings()]);
const live = await context();
await live.db.pool.query("select 1");
const lambda = (queueName: string) => lambdaContext({ queueName }, 300_000);
let isWorking = false;

process.on("message", ({ scheduledTime }: { scheduledTime: string }) => {
  // A night that is there already is joined; a start that failed is the reconciler's business, as on AWS.
  void handlers["nightly-cluster"]!({ trigger: "schedule", scheduledTime }, lambda("nightly-cluster"))
    .catch(() => {})
    .then(() => process.send!("started"));
  if (!isWorking) work();
  isWorking = true;
});
process.on("disconnect", () => process.exit());
// For the next such process: this one may be killed at any moment.
flushCompileCache();
process.send!("ready");

function work(): void {
  const signal = new AbortController().signal;
  for (const { queue, step } of queues()) {
    const handler = handlers[queue];
    if (handler === undefined) continue;
    void pollQueue({
      queue: polledQueue(queueUrlOf(settings, queue)!),
      queueName: queue,
      batchSize: 1,
      maximumConcurrency: 2,
      visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
      timeoutMs: step.limits.timeoutMs,
      handler,
      signal,
    });
  }
  void reconcileForEver();
}

async function reconcileForEver(): Promise<never> {
  for (;;) {
    await delay(40);
    await (reconcilerHandler as unknown as Handler)({}, lambda("reconciler")).catch(() => {});
  }
}
