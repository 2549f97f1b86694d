/**
 * A whole Sunday with a language model that answers at once, and with one that takes a while: how long, in how much
 * memory, and how many questions were under way at most, against as many as are allowed. On a server Postgres (NOCTUARY_TEST_DATABASE_URL), in a database
 * of its own. Beside it, in the same run: the same Sunday without a model.
 *
 *   npm run bench:sunday -- [--users 200] [--notes 1000] [--workers 5] [--in-flight 4]
 *
 * Ends with code 1 when a week was not told, or when more questions were under way than are allowed, or fewer at most.
 */
import { parseArgs } from "node:util";
import { startLocalQueues } from "@noctuary/cli/local/local-queues";
import { LOCAL_REGION } from "@noctuary/cli/local/sqs-event";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { queues } from "@noctuary/core/jobs";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import type { ModelCounts } from "./sunday/model-process.ts";
import type { SundayFigures } from "./sunday/night-process.ts";
import { startChild } from "./throughput/child.ts";

const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined || server === "") {
  console.error("NOCTUARY_TEST_DATABASE_URL names no server: scripts/server-postgres.sh start makes one");
  process.exit(2);
}
const { values } = parseArgs({
  options: {
    users: { type: "string", default: "200" },
    notes: { type: "string", default: "1000" },
    workers: { type: "string", default: "5" },
    "in-flight": { type: "string", default: "4" },
  },
});
const [users, notes, workers, inFlight] = [
  values.users,
  values.notes,
  values.workers,
  values["in-flight"],
].map(Number) as [number, number, number, number];
const SLOW_MS = 50;
const DIMENSIONS = 64;
const SUNDAY = "2026-10-25T07:00:00Z";
const NAME = `noctuary_bench_sunday_${process.pid}`;

const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`create database ${NAME}`);
const url = Object.assign(new URL(server), { pathname: `/${NAME}` }).href;
let isFine = true;
try {
  const db = openDatabase({ url, maxConnections: 1 });
  await migrate(db);
  await db.close();
  await connected(fill);
  console.log(`${users} users with ${notes} notes each, ${workers} workers in one process`);
  await sunday("without a model", {});
  await withModel("with a model that answers at once", 0);
  // Only one that takes its time shows how many are asked at once.
  await withModel(`with a model that takes ${SLOW_MS} ms`, SLOW_MS);
} finally {
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
}
process.exitCode = isFine ? 0 : 1;

async function withModel(name: string, latencyMs: number): Promise<void> {
  await connected(empty);
  const model = await startChild("../sunday/model-process.ts", { LATENCY_MS: String(latencyMs) });
  try {
    const { url: at } = await model.ask<ModelCounts>({});
    await sunday(name, {
      NOCTUARY_LLM: "openai",
      NOCTUARY_LLM_MODEL: "gpt-4.1-mini",
      NOCTUARY_LLM_BASE_URL: at,
      NOCTUARY_LLM_API_KEY: "a-key",
      NOCTUARY_REQUESTS_IN_FLIGHT: String(inFlight),
    });
    const { requests, mostAtOnce } = await model.ask<ModelCounts>({});
    console.log(
      `  ${requests} questions, ${mostAtOnce} at once at most; ${inFlight} are allowed to one process`,
    );
    if (mostAtOnce > inFlight || (latencyMs > 0 && mostAtOnce < inFlight)) isFine = false;
  } finally {
    await model.stop();
  }
}

async function sunday(name: string, environment: Record<string, string>): Promise<void> {
  // Queues of its own: a process that has gone may still be given a message.
  const local = await startLocalQueues(
    queues().map(({ queue, step }) => ({
      queue,
      visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
      maxReceiveCount: 3,
    })),
  );
  const environmentOfNight = {
    ...environment,
    DATABASE_URL: url,
    WORKERS: String(workers),
    NOCTUARY_DIMENSIONS: String(DIMENSIONS),
    NOCTUARY_CLUSTER_WAIT_MS: "0",
    NOCTUARY_LOG_FILE: "/dev/null",
    AWS_ENDPOINT_URL_SQS: local.endpoint,
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    ...Object.fromEntries(
      Object.entries(local.urls).map(([queue, at]) => [
        `QUEUE_URL_${queue.toUpperCase().replaceAll("-", "_")}`,
        at,
      ]),
    ),
  };
  const night = await startChild("../sunday/night-process.ts", environmentOfNight, ["--expose-gc"]);
  try {
    const figures = await night.ask<SundayFigures>({ asOf: SUNDAY, users });
    const { status, totals, seconds, cpuSeconds, maxRssMb, aliveMb } = figures;
    if (status !== "done" || totals.insights !== users) isFine = false;
    console.log(
      `${name}: ${status}, ${totals.insights} weeks told in ${seconds.toFixed(1)} s (${((1000 * seconds) / users).toFixed(0)} ms a user, ${cpuSeconds.toFixed(1)} s of this process's own work), ` +
        `${maxRssMb} MB at most; alive after each tenth of the users: ${aliveMb.join(" ")} MB`,
    );
  } finally {
    await night.stop();
    await local.close();
  }
}

/** Five years of notes, more of them lately, in topics of a hundred; links, to-dos, vectors. */
async function fill(client: pg.Client): Promise<void> {
  const topics = Math.max(2, Math.round(notes / 100));
  for (const table of ["own_note", "note_embedding", "cluster_membership"])
    await client.query(`alter table noctuary.${table} set unlogged`);
  await client.query(
    `create temp table pool as select i, ('[' || string_agg((random() - 0.5)::numeric(5, 3)::text, ',') || ']')::vector as vector
     from generate_series(0, 999) i, generate_series(1, ${DIMENSIONS}) group by i`,
  );
  await client.query(
    `insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
     select 'user-' || lpad(u::text, 5, '0'), 'n' || i, 'Note ' || i || ' on ' || (i % ${topics}),
       repeat('words about [[Note ' || (i / 2) || ' on x]] and soil, ', 8) || E'\\n- [ ] water the beds', t.at, t.at
     from generate_series(1, $1::int) u, generate_series(1, $2::int) i,
       lateral (select '2026-10-24'::timestamptz - (i::float8 / $2) ^ 2 * interval '1800 days' as at) t`,
    [users, notes],
  );
  await client.query(
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, centroid, born_at)
     select 'user-' || lpad(u::text, 5, '0'), 't' || g.i, 'topic', 'Topic number ' || g.i, 1, '{}', 1,
       p.vector, '2022-01-01'
     from generate_series(1, $1::int) u, generate_series(0, $2::int - 1) g(i) join pool p on p.i = g.i % 1000`,
    [users, topics],
  );
  await client.query(
    `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
     select 'user-' || lpad(u::text, 5, '0'), 'n' || i, 't' || (i % $3), 0.8, false
     from generate_series(1, $1::int) u, generate_series(1, $2::int) i`,
    [users, notes, topics],
  );
  await client.query(
    `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
     select 'user-' || lpad(u::text, 5, '0'), 'n' || g.i, $3, ${DIMENSIONS}, g.i::text, p.vector, now()
     from generate_series(1, $1::int) u, generate_series(1, $2::int) g(i) join pool p on p.i = g.i % 1000`,
    [users, notes, lexicalEmbedder(DIMENSIONS).model],
  );
  await client.query("analyze");
}

/** Everything that a Sunday has made. */
async function empty(client: pg.Client): Promise<void> {
  await client.query(
    "truncate noctuary.insight, noctuary.insight_section, noctuary.event_outbox, noctuary.run, noctuary.run_user, noctuary.task, noctuary.outbox, noctuary.usage, noctuary.user_state",
  );
}

async function connected(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
