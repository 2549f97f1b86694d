/** One planner, for bench/plan.ts: starts a run, or goes on with the one it is given, and prints what that took. */
import { defaultLimits, noBudgets } from "@noctuary/core/context";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { startRun } from "@noctuary/core/runtime/start-run";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import { asLedger } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { runById } from "@noctuary/db/ledger/run";
import { tasksOfRun } from "@noctuary/db/ledger/task-list";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, critical: () => {} };
const db = openDatabase({ url: process.env.DATABASE_URL!, maxConnections: 1 });
let bytesRead = 0;
db.pool.on("connect", (client) => {
  const { stream } = (client as unknown as { connection: { stream: import("node:net").Socket } }).connection;
  stream.on("data", (chunk: Buffer) => {
    bytesRead += chunk.length;
  });
});
const context = {
  db,
  // Nothing has changed, so there is nobody to wake but the planner itself.
  queue: { send: (messages: readonly unknown[]) => Promise.resolve(messages.map(() => true)) },
  embedder: lexicalEmbedder(),
  llm: null,
  logger: silent,
  metrics: { add() {} },
  events: null,
  enabledJobs: new Map(),
  budgets: noBudgets,
  limits: defaultLimits,
};

const startedAt = performance.now();
const given = process.argv[2];
const runId =
  given ??
  (await startRun(context, nightlyCluster, { trigger: "manual", asOf: new Date(), options: {} })).run.id;
const [planTask] = await asLedger(db, (tx) => tasksOfRun(tx, runId, 1));
await workOnTask(context, nightlyCluster.plan, planTask!.id, () => 900_000);
const run = await asLedger(db, (tx) => runById(tx, runId));
console.log(
  JSON.stringify({
    runId,
    status: run!.status,
    seconds: (performance.now() - startedAt) / 1000,
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    bytesRead,
  }),
);
await db.close();
