/**
 * How long the facts of a week take, and in how much memory, over a server Postgres that NOCTUARY_TEST_DATABASE_URL
 * names (a database of its own is made there and dropped).
 *
 *   npm run bench:insights -- [--notes 1000,100000] [--rounds 5]
 *
 * The peer is the same rows read without anything made of them: what the database itself takes.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { loadWeek } from "@noctuary/core/weekly-insights/load-week";
import { weekEnding } from "@noctuary/core/weekly-insights/week";
import { weekFacts } from "@noctuary/core/weekly-insights/week-facts";
import { asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";

const url = process.env.NOCTUARY_TEST_DATABASE_URL;
if (url === undefined || url === "") {
  console.error("NOCTUARY_TEST_DATABASE_URL names no server: scripts/server-postgres.sh start makes one");
  process.exit(2);
}
const { values } = parseArgs({
  options: { notes: { type: "string", default: "1000,100000" }, rounds: { type: "string", default: "5" } },
});
const MODEL = { model: "bench", dimensions: 256 };
const WEEK = weekEnding("2026-10-24", "America/New_York");

const name = `noctuary_bench_insights_${process.pid}`;
const server = new pg.Client({ connectionString: url });
await server.connect();
await server.query(`create database ${name}`);
const own = new URL(url);
own.pathname = `/${name}`;
const db = openDatabase({ url: own.href, maxConnections: 2 });
try {
  await migrate(db);
  for (const notes of values.notes.split(",").map(Number)) {
    const userId = `user-${notes}`;
    await fill(userId, notes);
    const facts: number[] = [];
    const peer: number[] = [];
    let told = 0;
    for (let round = 0; round < Number(values.rounds); round++) {
      peer.push(await timed(() => asUser(db, userId, (tx) => tx.execute(bareRead(userId)))));
      facts.push(
        await timed(async () => {
          const { account } = await asUser(db, userId, (tx) => loadWeek(tx, MODEL, userId, WEEK, null));
          told = weekFacts(account).length;
        }),
      );
    }
    const rss = process.resourceUsage().maxRSS / 1024;
    console.log(
      `${notes.toLocaleString("en").padStart(9)} notes: ${told} facts in ${middle(facts).toFixed(0)} ms (bare read ${middle(peer).toFixed(0)} ms, ${(middle(facts) / middle(peer)).toFixed(1)} times), ${rss.toFixed(0)} MB at most`,
    );
  }
} finally {
  await db.close();
  await server.query(`drop database ${name} with (force)`);
  await server.end();
}

function bareRead(userId: string) {
  return `select id, title, created_at, octet_length(body) from noctuary.note where user_id = '${userId}' and created_at >= '2026-09-20' union all select n.id, n.title, n.created_at, 0 from noctuary.note n join noctuary.cluster_membership m on m.user_id = n.user_id and m.note_id = n.id where n.user_id = '${userId}'`;
}

/** Five years of notes of 2 KB, more of them in the week, in a topic a hundred notes, with vectors. */
async function fill(userId: string, notes: number): Promise<void> {
  const client = new pg.Client({ connectionString: own.href });
  await client.connect();
  const topics = Math.max(2, Math.round(notes / 100));
  await client.query(
    `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
     select $1, 'n' || i, 'Note ' || i || ' on ' || (i % $3), repeat('words about [[Note ' || (i / 2) || ' on x]] and soil, ', 40) || E'\\n- [ ] water the beds',
       '2026-10-24'::timestamptz - (i::float8 / $2) ^ 2 * interval '1800 days', '2026-10-24'::timestamptz - (i::float8 / $2) ^ 2 * interval '1800 days'
     from generate_series(1, $2::int) i`,
    [userId, notes, topics],
  );
  await client.query(
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
     select $1, 't' || i, 'topic', 'Topic number ' || i, 1, '{}', 1, '2022-01-01' from generate_series(0, $2::int - 1) i`,
    [userId, topics],
  );
  await client.query(
    `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
     select $1, 'n' || i, 't' || (i % $3), 0.8, false from generate_series(1, $2::int) i`,
    [userId, notes, topics],
  );
  const random = seededRandom(1);
  for (let from = 1; from <= notes; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, notes - from + 1) }, (_, i) => ({
      id: `n${from + i}`,
      vector: `[${Array.from({ length: MODEL.dimensions }, () => (random() - 0.5).toFixed(3)).join(",")}]`,
    }));
    await client.query(
      `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
       select $1, id, $3, $4, id, vector::vector, now() from jsonb_to_recordset($2::jsonb) as r(id text, vector text)`,
      [userId, JSON.stringify(rows), MODEL.model, MODEL.dimensions],
    );
  }
  await client.query("analyze");
  await client.end();
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function middle(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
