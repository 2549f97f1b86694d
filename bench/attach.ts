/**
 * An app's table of bigint keys, attached, against Noctuary's own table with the same notes, in one run and one database:
 * the reads that a night makes. `npm run bench:attach -- [NOTES] [USERS]`; NOCTUARY_TEST_DATABASE_URL names a server on
 * which a database of its own is made and dropped.
 */
import { attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { median } from "@noctuary/core/weekly-insights/facts/median";
import { asLedger, asUser } from "@noctuary/db/access";
import { type Database, openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import { detachNotes } from "@noctuary/db/notes/attachment";
import {
  candidatesOf,
  notePage,
  usersAfter,
  vanishedInAll,
  vanishedNotes,
} from "@noctuary/db/notes/note-changes";
import pg from "pg";

const notes = Number(process.argv[2] ?? 1_000_000);
const users = Number(process.argv[3] ?? 1_000);
const ROUNDS = 3;
const SAMPLE = 200;
const model = { model: "bench", dimensions: 3 };

const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) throw new Error("NOCTUARY_TEST_DATABASE_URL must name a server Postgres");
const admin = new pg.Client({ connectionString: server });
await admin.connect();
const name = `noctuary_bench_attach_${process.pid}`;
await admin.query(`create database ${name}`);
const db = openDatabase({
  url: Object.assign(new URL(server), { pathname: `/${name}` }).href,
  maxConnections: 4,
});
try {
  await migrate(db);
  await fill(db);
  const report = await attach();
  console.log("EXPLAIN of one user's page before the index:");
  for (const line of report.plan) console.log(`    ${line}`);
  for (const index of report.indexes) {
    console.log(`${index};`);
    await db.pool.query(index);
  }
  await db.pool.query("vacuum analyze app.notes");
  console.log("after it:");
  for (const line of (await attach()).plan) console.log(`    ${line}`);
  const spent = { own: emptyTimes(), attached: emptyTimes() };
  for (let round = 0; round < ROUNDS; round++) {
    await detach();
    await measure(spent.own);
    await attach();
    await measure(spent.attached);
  }
  console.log(
    `${notes} notes of ${users} users, bigint keys, ${ROUNDS} rounds each by turns; medians, own -> attached`,
  );
  for (const what of Object.keys(spent.own) as (keyof Times)[]) {
    const [own, attached] = [median(spent.own[what]), median(spent.attached[what])];
    console.log(
      `${what.padEnd(24)} ${own.toFixed(2)} ms -> ${attached.toFixed(2)} ms, ratio ${(attached / own).toFixed(2)}`,
    );
  }
} finally {
  await db.close();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
}

type Times = Record<"a user's page" | "a user's texts" | "a user's vanished" | "plan of all users", number[]>;
function emptyTimes(): Times {
  return { "a user's page": [], "a user's texts": [], "a user's vanished": [], "plan of all users": [] };
}

function attach() {
  const request = { relation: "app.notes", columns: {}, format: "plain" as const, timeZone: "UTC" };
  return db.drizzle.transaction((tx) => attachAppNotes(tx, request));
}

function detach() {
  return db.drizzle.transaction((tx) => detachNotes(tx));
}

/** The same notes on both sides, written in no user's order, with bodies of a page. */
async function fill({ pool }: Database): Promise<void> {
  await pool.query("create schema app");
  await pool.query(`create table app.notes (id bigint primary key, user_id bigint not null, title text not null, body text not null,
    created_at timestamptz not null, updated_at timestamptz not null, deleted_at timestamptz)`);
  await pool.query("create index on app.notes (user_id)");
  await pool.query(
    `insert into app.notes select i, 1 + (i * 7919) % $2, 'note ' || i, repeat('word' || i || ' ', 60), '2026-10-01', '2026-10-01', null
     from generate_series(1, $1::bigint) i`,
    [notes, users],
  );
  await pool.query(`insert into noctuary.own_note (id, user_id, title, body, created_at, updated_at)
    select id::text, user_id::text, title, body, created_at, updated_at from app.notes`);
  await pool.query(
    `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, seen_updated_at)
     select user_id, id, $1, $2, md5(id), updated_at from noctuary.own_note`,
    [model.model, model.dimensions],
  );
  await pool.query(
    "insert into noctuary.user_state (user_id) select distinct user_id from noctuary.own_note",
  );
  await pool.query("vacuum analyze app.notes");
  await pool.query("vacuum analyze noctuary.own_note");
  await pool.query("vacuum analyze noctuary.note_embedding");
}

async function measure(times: Times): Promise<void> {
  for (let i = 0; i < SAMPLE; i++) {
    const userId = String(1 + ((i * 37) % users));
    const page = { userId, afterId: "", limit: 5_000, everything: false };
    await asUser(db, userId, async (tx) => {
      await timed(times["a user's page"], () => notePage(tx, model, page));
      await timed(times["a user's texts"], () =>
        candidatesOf(tx, model, { userId, afterId: "", lastId: "9", everything: true, hashesNew: true }),
      );
      await timed(times["a user's vanished"], () => vanishedNotes(tx, userId));
    });
  }
  await timed(times["plan of all users"], planAll);
}

/** What a plan reads of users of whom nothing has changed. */
async function planAll(): Promise<void> {
  await asLedger(db, (tx) => vanishedInAll(tx));
  for (let after = ""; ; ) {
    const found = await asLedger(db, (tx) => usersAfter(tx, after, 100));
    for (const userId of found) {
      await asUser(db, userId, async (tx) => {
        await notePage(tx, model, { userId, afterId: "", limit: 5_000, everything: false });
        await vanishedNotes(tx, userId);
      });
    }
    if (found.length < 100) return;
    after = found.at(-1)!;
  }
}

async function timed(into: number[], work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  into.push(performance.now() - start);
}
