/**
 * How long the database takes to find the notes related to one, at 100 users x 1,000 notes, by EXPLAIN ANALYZE's own
 * account, and whether what it finds is exact. Beside it: the same notes under one HNSW index over all users.
 *
 *   NOCTUARY_TEST_DATABASE_URL=postgres://... npm run bench:related [-- USERS NOTES]
 *
 * The login must be able to create databases. The one that is made is dropped afterwards.
 */
import { asUser, type UserTransaction } from "@noctuary/db/access";
import { openDatabase, vectorType } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import { relatedNotes } from "@noctuary/db/notes/note";
import { encodeVectorArray } from "@noctuary/db/vector-codec";
import { type SQL, sql } from "drizzle-orm";
import pg from "pg";

const DIMENSIONS = 512;
const MODEL = { model: "bench", dimensions: DIMENSIONS };
const RELATED = 10;
const ASKED = 60;
const [users = 100, notes = 1_000] = process.argv.slice(2).map(Number);
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) throw new Error("set NOCTUARY_TEST_DATABASE_URL to a server with pgvector");

const name = `noctuary_bench_related_${process.pid}`;
const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`create database ${name}`);
const db = openDatabase({
  url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
  maxConnections: 2,
});
try {
  await migrate(db);
  const { oid } = await vectorType(db);
  const vectorsOfUser = new Map<string, Float32Array>();
  for (let u = 0; u < users; u++) {
    const userId = `user-${u}`;
    const vectors = thematicVectors(notes);
    if (u % Math.ceil(users / 10) === 0) vectorsOfUser.set(userId, vectors);
    await db.pool.query(
      `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
       select $1, 'note-' || i, 'A title', repeat('words ', 200), now(), now() from generate_series(0, $2::int - 1) i`,
      [userId, notes],
    );
    await db.pool.query(
      `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
       select $1, 'note-' || (i - 1), $2, $3, 'h', vector, now()
       from unnest($4::vector[]) with ordinality as v(vector, i)`,
      [userId, MODEL.model, DIMENSIONS, encodeVectorArray(vectors, DIMENSIONS, oid)],
    );
    await db.pool.query(
      `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
       select $1, 'note-' || i, 'cluster-' || i % 20, 1, false from generate_series(0, $2::int - 1) i`,
      [userId, notes],
    );
    await db.pool.query("insert into noctuary.user_state (user_id, clustered_model) values ($1, $2)", [
      userId,
      `${MODEL.model}/${DIMENSIONS}`,
    ]);
  }
  await db.pool.query("vacuum analyze");

  const own = await measure((tx, userId, noteId) =>
    relatedNotes(tx, MODEL, userId, noteId, { limit: RELATED }),
  );
  const view = await measure(async (tx, _userId, noteId) => {
    const found = await tx.execute<{ id: string }>(
      sql`select related_id as id from app_related_notes(${noteId}, ${RELATED})`,
    );
    return found.rows;
  });
  console.log(
    `${users} users x ${notes} notes x ${DIMENSIONS}, ${RELATED} related notes, median of ${ASKED}`,
  );
  print("notes ID related", own);
  print("app_related_notes()", view);

  await db.pool.query(
    `create index on noctuary.note_embedding using hnsw ((vector::vector(${DIMENSIONS})) vector_cosine_ops)`,
  );
  const shared = await measure(async (tx, userId, noteId) => {
    const { rows } = await tx.execute<{ id: string }>(sql`
      select note_id as id from note_embedding
      where user_id = ${userId} and note_id <> ${noteId}
      order by vector::vector(512) <=> (select vector::vector(512) from note_embedding
        where user_id = ${userId} and note_id = ${noteId}) limit ${RELATED}`);
    return rows;
  }, true);
  print("one HNSW over all users", shared);

  async function measure(
    ask: (tx: UserTransaction, userId: string, noteId: string) => Promise<{ id: string }[]>,
    throughIndex = false,
  ) {
    const milliseconds: number[] = [];
    let found = 0;
    const asked = [...vectorsOfUser.keys()];
    for (let i = 0; i < ASKED; i++) {
      const userId = asked[i % asked.length]!;
      const row = (i * 7) % notes;
      const exact = nearest(vectorsOfUser.get(userId)!, row);
      await asUser(db, userId, async (tx) => {
        // Left to itself the planner reads one user's rows and sorts them: exactly what the others do.
        if (throughIndex) await tx.execute(sql`set local enable_sort = off`);
        const related = await ask(tx, userId, `note-${row}`);
        found += related.filter(({ id }) => exact.has(id)).length;
        await ask(
          explaining(tx, (ms) => milliseconds.push(ms)),
          userId,
          `note-${row}`,
        );
      });
    }
    milliseconds.sort((a, b) => a - b);
    return { ms: milliseconds[ASKED / 2]!, recall: found / (ASKED * RELATED) };
  }
} finally {
  await db.close();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
}

function print(what: string, { ms, recall }: { ms: number; recall: number }): void {
  console.log(
    `${what.padEnd(26)} ${ms.toFixed(2).padStart(8)} ms in the database   recall ${recall.toFixed(3)}`,
  );
}

/** The same transaction, which explains what it is asked instead of answering it. */
function explaining(tx: UserTransaction, took: (ms: number) => void): UserTransaction {
  const execute = async (query: SQL) => {
    const { rows } = await tx.execute<{ "QUERY PLAN": { "Execution Time": number }[] }>(
      sql`explain (analyze, format json) ${query}`,
    );
    took(rows[0]!["QUERY PLAN"][0]!["Execution Time"]);
    return { rows: [] };
  };
  return new Proxy(tx, { get: (target, key) => (key === "execute" ? execute : Reflect.get(target, key)) });
}

/** Unit vectors around twenty directions, as notes of twenty themes are. */
function thematicVectors(count: number): Float32Array {
  const noise = () => Math.random() + Math.random() + Math.random() - 1.5;
  const themes = Array.from({ length: 20 }, () => Array.from({ length: DIMENSIONS }, noise));
  const vectors = new Float32Array(count * DIMENSIONS);
  for (let row = 0; row < count; row++) {
    const vector = themes[row % themes.length]!.map((value) => value + noise());
    const length = Math.hypot(...vector);
    vectors.set(
      vector.map((value) => value / length),
      row * DIMENSIONS,
    );
  }
  return vectors;
}

function nearest(vectors: Float32Array, row: number): Set<string> {
  const own = vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
  const similarities = Array.from({ length: vectors.length / DIMENSIONS }, (_, other) => {
    let dot = 0;
    for (let d = 0; d < DIMENSIONS; d++) dot += own[d]! * vectors[other * DIMENSIONS + d]!;
    return { other, dot };
  }).filter(({ other }) => other !== row);
  similarities.sort((a, b) => b.dot - a.dot);
  return new Set(similarities.slice(0, RELATED).map(({ other }) => `note-${other}`));
}
