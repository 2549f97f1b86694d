import { attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

// As on Supabase: uuid keys, auth.uid(), policies for the signed-in user, and a login that owns Noctuary's schema but not
// the app's table.
let database: TestDatabase;
const login = `attaching_${process.pid}`;
const ada = "00000000-0000-4000-8000-00000000000a";
const asLogin = () => {
  const url = new URL(database.url);
  url.username = login;
  return openDatabase({ url: url.href, maxConnections: 1 });
};

beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
  await database.query(`create extension vector`);
  await database.query(`create role ${login} login createrole`);
  await database.query(`grant noctuary_ledger, noctuary_user to ${login} with admin option`);
  await database.query(
    `do $$ begin execute format('grant create on database %I to ${login}', current_database()); end $$`,
  );
  await database.query(`create schema auth;
    create function auth.uid() returns uuid language sql stable as
      $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
    create table public.notes (id uuid primary key default gen_random_uuid(), user_id uuid not null, title text, content text,
      created_at timestamptz not null default now(), updated_at timestamptz not null default now());
    alter table public.notes enable row level security;
    create policy own on public.notes using (user_id = auth.uid());
    grant usage on schema auth, public to ${login};
    grant select on public.notes to ${login};
    insert into public.notes (user_id, title, content) select '${ada}', 't', 'c' from generate_series(1, 5);
    analyze public.notes`);
  const db = asLogin();
  await migrate(db);
  await db.close();
});
afterAll(async () => {
  await database.query(`drop owned by ${login} cascade; drop role ${login}`);
  await database.close();
});

async function attach() {
  const db = asLogin();
  try {
    return await db.drizzle.transaction((tx) =>
      attachAppNotes(tx, { relation: "public.notes", columns: {}, format: "plain", timeZone: "UTC" }),
    );
  } finally {
    await db.close();
  }
}

test("a policy that hides rows from the login is told from an empty table, with what to do", async () => {
  await expect(attach()).rejects.toThrow(
    new RegExp(
      `row security of (public\\.)?notes hides rows from ${login}.*about 5 rows.*create policy noctuary_reads`,
      "s",
    ),
  );
  await database.query(`create policy noctuary_reads on public.notes for select to ${login} using (true)`);
  expect((await attach()).counts).toMatchObject({ notes: 5, users: 1 });
});

test("the jobs then read one user's notes, though no one is signed in, and nobody else's", async () => {
  const db = asLogin();
  const seen = (userId: string) =>
    asUser(db, userId, async (tx) => (await tx.execute(sql`select id from note`)).rows.length);
  expect(await seen(ada)).toBe(5);
  expect(await seen("00000000-0000-4000-8000-00000000000b")).toBe(0);
  await db.close();
});

test("the app's sign-in decides what an app reads, once current_user_id() asks it", async () => {
  await database.query(`create or replace function noctuary.current_user_id() returns text language plpgsql stable parallel safe as $$
    declare id text := coalesce(nullif(current_setting('app.user_id', true), ''), auth.uid()::text);
    begin
      if id is null then raise exception 'no user is set for this transaction' using errcode = 'insufficient_privilege'; end if;
      return id;
    end $$;
    grant usage on schema auth to noctuary_app`);
  await database.query(`insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
    values ('${ada}', 'c', 'topic', 'Bread', 1, '{}', 1, now())`);
  const read = async (claim: string) => {
    const client = await database.db.pool.connect();
    try {
      await client.query("begin");
      await client.query(
        "select set_config('request.jwt.claim.sub', $1, true), set_config('role', 'noctuary_app', true)",
        [claim],
      );
      return (await client.query("select name from noctuary.app_cluster")).rows;
    } finally {
      await client.query("rollback");
      client.release();
    }
  };
  expect(await read(ada)).toEqual([{ name: "Bread" }]);
  expect(await read("00000000-0000-4000-8000-00000000000b")).toEqual([]);
});
