/** The handlers of weekly-insights as they run on Lambda, in one process: the orchestrator plans, the workers tell. */
import { setTimeout as delay } from "node:timers/promises";
import { pollQueue } from "@noctuary/cli/local/event-source";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import { lambdaContext } from "@noctuary/cli/local/sqs-event";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { insights } from "@noctuary/core/weekly-insights/insights";
import { asLedger } from "@noctuary/db/access";
import { runById } from "@noctuary/db/ledger/run";
import { context } from "@noctuary/functions/runtime/context";
import type { Started } from "@noctuary/functions/runtime/orchestrator";
import { handler as insightsHandler } from "@noctuary/functions/weekly-insights/insights";
import { handler as orchestratorHandler } from "@noctuary/functions/weekly-insights/orchestrator";
import { cpuMsSince, serveParent } from "../throughput/child.ts";

export interface SundayFigures {
  status: string;
  totals: Record<string, number>;
  seconds: number;
  cpuSeconds: number;
  /** The most memory that this process was seen with. */
  maxRssMb: number;
  /** What was alive, heap and buffers, after each tenth of the users, right after a collection: it must not grow. */
  aliveMb: number[];
}

const LOOK_EVERY_MS = 100;
const live = await context();
const polling = pollQueue({
  queue: polledQueue(process.env.QUEUE_URL_INSIGHTS!),
  queueName: "insights",
  batchSize: 1,
  maximumConcurrency: Number(process.env.WORKERS),
  visibilityTimeoutSeconds: insights.limits.visibilityTimeoutSeconds,
  timeoutMs: insights.limits.timeoutMs,
  handler: insightsHandler as never,
  signal: new AbortController().signal,
});
polling.catch(() => process.exit(1));
serveParent(sunday);

async function sunday({ asOf, users }: { asOf: string; users: number }): Promise<SundayFigures> {
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const lambda = lambdaContext({ queueName: "weekly-insights" }, 900_000);
  const { runId } = (await orchestratorHandler(
    { trigger: "manual", asOf, options: {} } as never,
    lambda as never,
  )) as Started;
  let maxRss = 0;
  const aliveMb: number[] = [];
  let reconciledAt = performance.now();
  for (;;) {
    const run = await asLedger(live.db, (tx) => runById(tx, runId));
    const rss = process.memoryUsage.rss();
    maxRss = Math.max(maxRss, rss);
    if (run!.status !== "running") {
      return {
        status: run!.status,
        totals: run!.totals,
        seconds: (performance.now() - startedAt) / 1000,
        cpuSeconds: cpuMsSince(cpuBefore) / 1000,
        maxRssMb: Math.round(maxRss / 2 ** 20),
        aliveMb,
      };
    }
    const { rows } = await live.db.pool.query<{ told: number }>(
      "select count(*)::int as told from noctuary.insight",
    );
    if (rows[0]!.told >= (users / 10) * (aliveMb.length + 1)) aliveMb.push(aliveNow());
    if (performance.now() - reconciledAt > 2_000) {
      reconciledAt = performance.now();
      await reconcile(live, () => 60_000);
    }
    await delay(LOOK_EVERY_MS);
  }
}

function aliveNow(): number {
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 2 ** 20);
}
