/**
 * How long one user's stacks take from stored clusters, and how much memory, on a server Postgres. Beside it, in the
 * same run and on the same rows: reading the user's vectors alone. Needs NOCTUARY_TEST_DATABASE_URL.
 *
 *   npm run bench:stacks-speed -- [--notes 1000,10000,100000]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { asUser } from "@noctuary/db/access";
import { openDatabase, vectorType } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import { notesWithVectors, vectorsOf } from "@noctuary/db/notes/note-embedding";
import { encodeVectorArray } from "@noctuary/db/vector-codec";
import pg from "pg";

const { values } = parseArgs({ options: { notes: { type: "string", default: "1000,10000,100000" } } });
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const NAME = "noctuary_bench_stacks";
const NIGHT = "2026-11-02T08:00:00Z";
const PAGE = 2_000;
const { model, dimensions } = lexicalEmbedder();

const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`drop database if exists ${NAME} with (force)`);
await admin.query(`create database ${NAME}`);
const url = Object.assign(new URL(server), { pathname: `/${NAME}` }).href;
const db = openDatabase({ url, maxConnections: 2 });
try {
  await migrate(db);
  for (const notes of values.notes.split(",").map(Number)) {
    const userId = `user of ${notes}`;
    await fill(userId, notes);
    await db.pool.query("vacuum analyze");
    const figures = [await step(userId), await step(userId), await step(userId)].sort(
      (a, b) => a.seconds - b.seconds,
    );
    const { seconds, cpuSeconds, maxRssMb, status, result } = figures[1]!;
    const startedAt = performance.now();
    await asUser(db, userId, async (tx) => {
      const embedding = { model, dimensions };
      const { noteIds } = await notesWithVectors(tx, embedding, userId, { withVanished: false });
      await vectorsOf(tx, embedding, userId, noteIds);
    });
    const reading = (performance.now() - startedAt) / 1000;
    console.log(
      `${notes.toLocaleString("en").padStart(8)} notes: ${seconds.toFixed(2)} s (median of 3; ${cpuSeconds.toFixed(2)} s of them this process's own work), ${maxRssMb} MB at most, ` +
        `${(seconds / reading).toFixed(1)} times as long as reading the vectors alone; ${status}, ${JSON.stringify(result)}`,
    );
  }
} finally {
  await db.close();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
}

async function step(userId: string) {
  const child = spawn(process.execPath, ["bench/stacks-process.ts", userId, NIGHT], {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk) => {
    printed += chunk;
  });
  await once(child, "close");
  return JSON.parse(printed) as {
    seconds: number;
    cpuSeconds: number;
    maxRssMb: number;
    status: string;
    result: unknown;
  };
}

/** Notes of about 1 KB over three years in topics of some hundreds, one in forty with open to-dos. */
async function fill(userId: string, notes: number): Promise<void> {
  const random = seededRandom(notes);
  const topics = Math.max(8, Math.round(notes / 400));
  const type = await vectorType(db);
  await db.pool.query(
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
     select $1, 'topic-' || i, 'topic', 'Topic ' || i, 1, '{word}', 1, now() from generate_series(0, $2::int - 1) i`,
    [userId, topics],
  );
  const centres = Array.from({ length: topics }, () => unit(random, null));
  for (let from = 0; from < notes; from += PAGE) {
    const count = Math.min(PAGE, notes - from);
    await db.pool.query(
      `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
       select $1, 'note-' || lpad(i::text, 7, '0'), 'Note ' || i,
         repeat('some words of note ' || i || ' about this and that. ', 22)
           || case when i % 40 = 0 then E'\n\n- [ ] mend it\n- [x] done' else '' end,
         t.at, t.at
       from generate_series($2::int, $3::int) i,
         lateral (select $4::timestamptz - ((i * 7919) % 94608000) * interval '1 second' as at) t`,
      [userId, from, from + count - 1, NIGHT],
    );
    await db.pool.query(
      `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
       select $1, 'note-' || lpad(i::text, 7, '0'), 'topic-' || (i % $4::int), 1, false from generate_series($2::int, $3::int) i`,
      [userId, from, from + count - 1, topics],
    );
    const vectors = new Float32Array(count * dimensions);
    for (let row = 0; row < count; row++)
      vectors.set(unit(random, centres[(from + row) % topics]!), row * dimensions);
    await db.pool.query(
      `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
       select $1, 'note-' || lpad(($2::int + t.n - 1)::text, 7, '0'), $3, $4, 'h' || ($2::int + t.n), t.vector, now()
       from unnest($5::vector[]) with ordinality as t(vector, n)`,
      [userId, from, model, dimensions, encodeVectorArray(vectors, dimensions, type.oid)],
    );
  }
}

/** A random direction, or one near a centre: two notes of a topic then have a cosine of about .45. */
function unit(random: () => number, near: Float32Array | null): Float32Array {
  const vector = Float32Array.from(
    { length: dimensions },
    (_, i) => (random() - 0.5) * 0.17 + (near?.[i] ?? 0),
  );
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}
