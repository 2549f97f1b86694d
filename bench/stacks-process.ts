/** One user's stacks step, for bench/stacks-speed.ts: decides from stored clusters, and prints what that took. */
import { defaultLimits, noBudgets } from "@noctuary/core/context";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { userStep } from "@noctuary/core/job";
import { nightlyStacks } from "@noctuary/core/nightly-stacks/nightly-stacks";
import { stacks } from "@noctuary/core/nightly-stacks/stacks";
import { startRun } from "@noctuary/core/runtime/start-run";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import { asLedger } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { tasksOfRun } from "@noctuary/db/ledger/task-list";

const db = openDatabase({ url: process.env.DATABASE_URL!, maxConnections: 1 });
const context = {
  db,
  queue: { send: (messages: readonly unknown[]) => Promise.resolve(messages.map(() => true)) },
  embedder: lexicalEmbedder(),
  llm: null,
  logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, critical: () => {} },
  metrics: { add() {} },
  events: null,
  enabledJobs: new Map(),
  budgets: noBudgets,
  limits: defaultLimits,
};
const userId = process.argv[2]!;
const asOf = new Date(process.argv[3]!);
const request = { trigger: "manual" as const, asOf, options: { userIds: [userId] } };
const { run } = await startRun(context, nightlyStacks, request);
const [planTask] = await asLedger(db, (tx) => tasksOfRun(tx, run.id, 1));
await workOnTask(context, nightlyStacks.plan, planTask!.id, () => 900_000);
const task = (await asLedger(db, (tx) => tasksOfRun(tx, run.id, 10))).find(({ step }) => step === "stacks")!;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
await workOnTask(context, userStep(stacks), task.id, () => 900_000);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const ended = (await asLedger(db, (tx) => tasksOfRun(tx, run.id, 10))).find(({ id }) => id === task.id)!;
console.log(
  JSON.stringify({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
    status: ended.status,
    result: ended.result,
  }),
);
await db.close();
