import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import pg from "pg";
import { kMeans } from "./k-means.ts";

export const OLD_TABLES = `
  create schema app;
  create table app.notes (id uuid primary key default gen_random_uuid(), user_id uuid not null, title text not null,
    content text not null, created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    deleted_at timestamptz, embedding vector, embedded_at timestamptz);
  create table app.cluster_note (user_id uuid, cluster_id text, name text, note_id uuid);
  create table app.stack_note (user_id uuid, stack_id text, title text, note_id uuid);
  create table app.weekly (user_id uuid, week date, summary text, note_id uuid);
  create table app.job_run (job text, night date, seconds float8, usd numeric)`;

/** The queries that docs/moving.md asks for. */
export const OLD_QUERIES = {
  clusters: "select user_id, cluster_id as id, name, note_id from app.cluster_note;",
  stacks: "select user_id, stack_id as id, title as name, note_id from app.stack_note;",
  insights: "select user_id, week as id, summary as name, note_id from app.weekly;",
  runs: "select night, seconds, usd as cost_usd from app.job_run;",
};

/**
 * A stand-in for what an app had before: cron routes behind a secret, that group each user's notes by k-means over its own
 * vectors, put the newest notes into a stack and count the week.
 */
export async function startOldSystem(databaseUrl: string, secret: string) {
  let night = "2026-11-01";
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  const jobs: Record<string, (userId: string) => Promise<void>> = {
    "nightly-cluster": (userId) => groupNotes(pool, userId),
    "nightly-stacks": (userId) => stackNotes(pool, userId),
    "weekly-insights": (userId) => tellWeek(pool, userId, night),
  };
  const server = createServer((request, response) => {
    const job = jobs[request.url?.replace("/api/cron/", "") ?? ""];
    const answer = async (): Promise<number> => {
      if (request.headers.authorization !== `Bearer ${secret}`) return 401;
      if (job === undefined) return 404;
      const { rows } = await pool.query<{ user_id: string }>(
        "select distinct user_id from app.notes order by 1",
      );
      const begun = performance.now();
      for (const { user_id } of rows) await job(user_id);
      const seconds = (performance.now() - begun) / 1000;
      await pool.query("insert into app.job_run values ($1, $2, $3, 0.02)", [request.url, night, seconds]);
      return 202;
    };
    void answer()
      .catch(() => 500)
      .then((status) => response.writeHead(status).end("{}"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    /** The date that it thinks it works for. */
    itIs: (date: string) => {
      night = date;
    },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await pool.end();
    },
  };
}

/** Gives each note that has none a vector of the length that the others have, as such a system does first of all. */
async function embedNotes(pool: pg.Pool, userId: string): Promise<void> {
  const { rows } = await pool.query<{ id: string; text: string; dimensions: number }>(
    `select id, title || E'\\n\\n' || content as text,
       (select vector_dims(embedding) from app.notes where embedding is not null limit 1) as dimensions
     from app.notes where user_id = $1 and embedding is null`,
    [userId],
  );
  for (const { id, text, dimensions } of rows) {
    const { vectors } = await lexicalEmbedder(dimensions).embed([text], {
      signal: AbortSignal.timeout(60_000),
    });
    await pool.query("update app.notes set embedding = $2::vector, embedded_at = now() where id = $1", [
      id,
      JSON.stringify([...vectors]),
    ]);
  }
}

async function groupNotes(pool: pg.Pool, userId: string): Promise<void> {
  await embedNotes(pool, userId);
  const { rows } = await pool.query<{ id: string; title: string; embedding: string }>(
    "select id, title, embedding::text from app.notes where user_id = $1 and deleted_at is null order by id",
    [userId],
  );
  const labels = kMeans(
    rows.map(({ embedding }) => JSON.parse(embedding) as number[]),
    Math.ceil(Math.sqrt(rows.length / 2)),
  );
  await pool.query("delete from app.cluster_note where user_id = $1", [userId]);
  for (const [i, { id }] of rows.entries()) {
    const name = rows[labels.indexOf(labels[i]!)]!.title;
    await pool.query("insert into app.cluster_note values ($1, $2, $3, $4)", [
      userId,
      `k${labels[i]}`,
      name,
      id,
    ]);
  }
}

async function stackNotes(pool: pg.Pool, userId: string): Promise<void> {
  await pool.query("delete from app.stack_note where user_id = $1", [userId]);
  await pool.query(
    `insert into app.stack_note select user_id, 'newest', 'Newest', id from app.notes
     where user_id = $1 and deleted_at is null order by created_at desc limit 5`,
    [userId],
  );
}

/** On Sundays, the seven days before, from the notes of these days. */
async function tellWeek(pool: pg.Pool, userId: string, night: string): Promise<void> {
  if (new Date(night).getUTCDay() !== 0) return;
  await pool.query("delete from app.weekly where user_id = $1 and week = $2::date - 1", [userId, night]);
  await pool.query(
    `insert into app.weekly select user_id, $2::date - 1, count(*) over () || ' notes', id from app.notes
     where user_id = $1 and created_at >= $2::date - 7 and created_at < $2::date`,
    [userId, night],
  );
}
