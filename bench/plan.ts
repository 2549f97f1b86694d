/**
 * A plan over many unchanged notes on a server Postgres: time, memory and bytes read, and once more with the planner
 * killed in the middle. Needs NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:plan -- [--notes 1000000] [--users 1000]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { LEXICAL_MODEL } from "@noctuary/core/embedding/lexical";
import { asLedger } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { runUserTotals } from "@noctuary/db/ledger/run-user";
import { migrate } from "@noctuary/db/migrate";
import { sql } from "drizzle-orm";
import pg from "pg";

const { values } = parseArgs({
  options: { notes: { type: "string", default: "1000000" }, users: { type: "string", default: "1000" } },
});
const notes = Number(values.notes);
const users = Math.min(Number(values.users), notes);
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}

const url = new URL(server);
url.pathname = "/noctuary_bench_plan";
await recreateDatabase(server, "noctuary_bench_plan");
const db = openDatabase({ url: url.href, maxConnections: 2 });
try {
  await migrate(db);
  await fill();
  const whole = await plan();
  console.log(line("undisturbed", whole));
  const killedAfter = await planAndKill();
  const resumed = await plan(killedAfter.runId);
  console.log(`killed after ${killedAfter.plannedUsers} of ${users} users, then:`);
  console.log(line("resumed", resumed));
  const totals = await asLedger(db, (tx) => runUserTotals(tx, killedAfter.runId));
  const isWhole = totals.users === users && totals.unchanged === notes && resumed.status === "done";
  console.log(isWhole ? "every user planned once, every note compared" : "NOT COMPLETE");
  if (!isWhole || whole.maxRssMb >= 512) process.exitCode = 1;
} finally {
  await db.close();
}

interface Figures {
  runId: string;
  status: string;
  seconds: number;
  maxRssMb: number;
  bytesRead: number;
}

function line(name: string, { seconds, maxRssMb, bytesRead }: Figures): string {
  return (
    `${name}: ${notes.toLocaleString("en")} notes of ${users.toLocaleString("en")} users in ${seconds.toFixed(1)} s, ` +
    `${maxRssMb} MB at most, ${(bytesRead / 1e6).toFixed(2)} MB read from the database`
  );
}

async function recreateDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
  await client.query(`create database ${pg.escapeIdentifier(name)}`);
  await client.end();
}

/** Notes of 1.5 kB that were all embedded before, so that nothing has changed. */
async function fill(): Promise<void> {
  await db.drizzle.execute(sql`
    insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
    select 'user-' || lpad((i % ${users})::text, 7, '0'), 'note-' || i, 'Note ' || i, repeat(md5(i::text), 48),
      '2026-01-01', '2026-01-01' from generate_series(1, ${notes}::int) i`);
  await db.drizzle.execute(sql`
    insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, seen_updated_at)
    select user_id, id, ${LEXICAL_MODEL}, 512, md5(id), updated_at from noctuary.note`);
  await db.drizzle.execute(sql`
    insert into noctuary.user_state (user_id, clustered_model, hashed_on)
    select distinct user_id, ${`${LEXICAL_MODEL}/512`}::text, current_date from noctuary.note`);
  await db.drizzle.execute(sql`vacuum analyze`);
}

function start(runId?: string): ChildProcess {
  return spawn(
    process.execPath,
    [new URL("./plan-process.ts", import.meta.url).pathname, ...(runId ? [runId] : [])],
    {
      env: { ...process.env, DATABASE_URL: url.href, NOCTUARY_LOG_FILE: "/dev/null" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
}

async function plan(runId?: string): Promise<Figures> {
  const child = start(runId);
  const printed: Buffer[] = [];
  child.stdout!.on("data", (chunk: Buffer) => printed.push(chunk));
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`the planner ended with ${code}`);
  return JSON.parse(Buffer.concat(printed).toString()) as Figures;
}

/** Kills the planner once it is about half through. */
async function planAndKill(): Promise<{ runId: string; plannedUsers: number }> {
  const child = start();
  const exited = once(child, "exit");
  for (;;) {
    const { rows } = await db.drizzle.execute<{ run_id: string; planned: number }>(sql`
      select run_id, count(*)::int as planned from noctuary.run_user u join noctuary.run r on r.id = u.run_id
      where r.status = 'running' and planned_at is not null group by run_id`);
    const row = rows[0];
    if (row !== undefined && row.planned >= users / 2) {
      child.kill("SIGKILL");
      await exited;
      // The dead planner's lease would end by itself in some minutes.
      await db.drizzle.execute(
        sql`update noctuary.task set lease_until = clock_timestamp() where status = 'running'`,
      );
      return { runId: row.run_id, plannedUsers: row.planned };
    }
    if (child.exitCode !== null)
      throw new Error("the planner was through before it could be killed: use more notes");
  }
}
