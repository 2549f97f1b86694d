/**
 * Schedulers that fire the same tick at once, on a server Postgres: how many runs come of it. Needs
 * NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:same-tick -- [--schedulers 50] [--ticks 1000]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import { sameTick } from "./same-tick/same-tick.ts";

const DATABASE = "noctuary_bench_same_tick";
const { values } = parseArgs({
  options: { schedulers: { type: "string", default: "50" }, ticks: { type: "string", default: "1000" } },
});
const schedulers = Number(values.schedulers);
const ticks = Number(values.ticks);
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}

await onServer(server, [`drop database if exists ${DATABASE}`, `create database ${DATABASE}`]);
const url = new URL(server);
url.pathname = `/${DATABASE}`;
const db = openDatabase({ url: url.href, maxConnections: schedulers });
try {
  await migrate(db);
  const found = await sameTick(db, { schedulers, ticks });
  console.log(
    `${schedulers} schedulers x ${ticks} ticks: ${found.runs} runs, ${found.plans} plans; ` +
      `${found.starters} of ${schedulers * ticks} calls started one; on ${found.sameRun} ticks all were given the same run`,
  );
  if (Object.values(found).some((count) => count !== ticks)) process.exitCode = 1;
} finally {
  await db.close();
  await onServer(server, [`drop database if exists ${DATABASE}`]);
}

async function onServer(connectionString: string, statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
