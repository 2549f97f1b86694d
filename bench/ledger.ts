/**
 * A ledger of many tasks on a server Postgres: how long a claim takes, whether any statement of a task's life reads the
 * whole table, how many dead rows the churn leaves and when the server's own vacuum takes them away (which it looks for
 * once a minute), and whether the rows that every worker changes are changed in place. Needs NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:ledger -- [--tasks 1000000] [--claims 15000]
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { asLedger } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { claimTask, finishTask, yieldTask } from "@noctuary/db/ledger/task";
import { dueTasks } from "@noctuary/db/ledger/task-list";
import { migrate } from "@noctuary/db/migrate";
import { lockProvider, saveProvider } from "@noctuary/db/provider/provider-state";
import { sql } from "drizzle-orm";
import pg from "pg";

const { values } = parseArgs({
  options: { tasks: { type: "string", default: "1000000" }, claims: { type: "string", default: "15000" } },
});
const tasks = Number(values.tasks);
const claims = Math.min(Number(values.claims), tasks);
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const NAME = "noctuary_bench_ledger";
const STEP = "embed";
/** The server looks once a minute whether a table needs a vacuum. */
const LONGEST_WAIT_S = 180;
const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`drop database if exists ${NAME} with (force)`);
await admin.query(`create database ${NAME}`);
const db = openDatabase({
  url: Object.assign(new URL(server), { pathname: `/${NAME}` }).href,
  maxConnections: 2,
});
try {
  await migrate(db);
  await fill();
  const scansBefore = await scans();
  const took: number[] = [];
  for (let i = 0; i < claims; i++) {
    const id = `task-${String(Math.floor((i * tasks) / claims)).padStart(8, "0")}`;
    const begun = performance.now();
    const task = (await claimTask(db, { id, step: STEP, leaseMs: 150_000 }))?.task;
    took.push(performance.now() - begun);
    if (task === undefined) throw new Error(`task ${id} could not be claimed`);
    // As in a night: some are put off first, all are finished.
    await asLedger(db, async (tx) => {
      if (i % 10 === 0) await yieldTask(tx, task, { delayMs: 0 });
      else await finishTask(tx, task, { status: "done", result: { embedded: 1 } });
    });
  }
  const page = { limit: 200, quietMs: 900_000, afterId: "" };
  const begun = performance.now();
  await asLedger(db, (tx) => dueTasks(tx, page));
  const dueMs = performance.now() - begun;
  const { sequential, hot, updates } = await scans();
  const provider = await changeProvider();
  const dead = await deadRows();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(share * (took.length - 1))]!.toFixed(2);
  console.log(
    `ledger of ${tasks.toLocaleString("en")} tasks: claim ${at(0.5)} ms at the median, ${at(0.95)} ms at 95 % (${claims.toLocaleString("en")} claims, a transaction each); ` +
      `a page of due tasks ${dueMs.toFixed(1)} ms`,
  );
  console.log(
    `whole-table reads ${sequential - scansBefore.sequential}; ${updates - scansBefore.updates} updates, ${hot - scansBefore.hot} in their page (HOT); ` +
      `dead rows ${dead.before.toLocaleString("en")} after the churn, ${dead.after.toLocaleString("en")} ${dead.how}`,
  );
  console.log(
    `a provider's row: ${provider.updates.toLocaleString("en")} updates, ${((100 * provider.hot) / provider.updates).toFixed(1)} % in its page (HOT), the table ${provider.kilobytes} kB`,
  );
  if (sequential !== scansBefore.sequential) process.exitCode = 1;
} finally {
  await db.close();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
}

async function fill(): Promise<void> {
  await db.drizzle.execute(sql`
    insert into noctuary.run (id, job, local_date, trigger, options, as_of)
    values ('run', 'nightly-cluster', '2026-11-02', 'schedule', '{}', now())`);
  await db.drizzle.execute(sql`
    insert into noctuary.task (id, run_id, step, queue, user_id, payload, sent_at)
    select 'task-' || lpad(i::text, 8, '0'), 'run', ${STEP}, ${STEP}, 'user-' || i % 10000,
      '{"firstId": "a", "lastId": "b", "notes": 1, "bytes": 100}', now()
    from generate_series(0, ${tasks - 1}::int) i`);
  await db.drizzle.execute(sql`analyze noctuary.task`);
}

async function scans() {
  await db.pool.query("select pg_stat_force_next_flush()");
  const { rows } = await db.pool.query<{ sequential: string; updates: string; hot: string }>(
    `select seq_scan as sequential, n_tup_upd as updates, n_tup_hot_upd as hot from pg_stat_user_tables
     where schemaname = 'noctuary' and relname = 'task'`,
  );
  const { sequential, updates, hot } = rows[0]!;
  return { sequential: Number(sequential), updates: Number(updates), hot: Number(hot) };
}

/** As a worker does it that is told of a failure: the row is locked, and saved. */
async function changeProvider() {
  const times = 5_000;
  for (let i = 0; i < times; i++) {
    await asLedger(db, async (tx) => {
      const { state } = await lockProvider(tx, "https://provider model");
      await saveProvider(tx, "https://provider model", { ...state, failures: i % 3 });
    });
  }
  await db.pool.query("select pg_stat_force_next_flush()");
  const { rows } = await db.pool.query<{ updates: string; hot: string; kilobytes: number }>(
    `select n_tup_upd as updates, n_tup_hot_upd as hot, (pg_table_size(relid) / 1024)::int as kilobytes
     from pg_stat_user_tables where schemaname = 'noctuary' and relname = 'provider_state'`,
  );
  const { updates, hot, kilobytes } = rows[0]!;
  return { updates: Number(updates), hot: Number(hot), kilobytes };
}

async function deadRows() {
  const count = async () => {
    await db.pool.query("select pg_stat_force_next_flush()");
    const { rows } = await db.pool.query<{ n: string }>(
      "select n_dead_tup as n from pg_stat_user_tables where schemaname = 'noctuary' and relname = 'task'",
    );
    return Number(rows[0]!.n);
  };
  const before = await count();
  for (let seconds = 0; seconds < LONGEST_WAIT_S; seconds += 5) {
    const after = await count();
    if (after < before / 2) return { before, after, how: `${seconds} s later, by the server's own vacuum` };
    await delay(5_000);
  }
  await db.pool.query("vacuum noctuary.task");
  return { before, after: await count(), how: "after a vacuum by hand: too few for the server's own" };
}
