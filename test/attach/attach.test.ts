import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AttachRequest, attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { asUser } from "@noctuary/db/access";
import { detachNotes } from "@noctuary/db/notes/attachment";
import { forgetUser } from "@noctuary/db/notes/note";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { themedNotes } from "../support/notes.ts";

const usual: AttachRequest = { columns: {}, format: "plain", timeZone: "UTC" };

const database = emptiedDatabase();
let night: Night | undefined;
beforeEach(() => database.query("drop schema if exists shop cascade; create schema shop"));
afterEach(async () => {
  await night?.close();
  night = undefined;
  await database.db.drizzle.transaction((tx) => detachNotes(tx));
});

const folder = mkdtempSync(join(tmpdir(), "noctuary-attach-"));
afterAll(() => rmSync(folder, { recursive: true }));
function queryFile(query: string): string {
  const path = join(folder, "notes.sql");
  writeFileSync(path, query);
  return path;
}

const attach = (relation: string, request: Partial<AttachRequest> = {}) =>
  database.db.drizzle.transaction((tx) => attachAppNotes(tx, { ...usual, relation, ...request }));

/** What Prisma makes of `model Note` with `@id @default(cuid())`. */
async function prismaTable(): Promise<void> {
  await database.query(`create table shop."Note" (
    "id" text not null primary key, "authorId" text not null, "title" text not null, "content" text,
    "tags" text[], "createdAt" timestamp(3) not null default current_timestamp, "updatedAt" timestamp(3) not null,
    "deletedAt" timestamp(3))`);
}

async function fillPrisma(users: string[], each: number): Promise<void> {
  for (const user of users) {
    await database.query(
      `insert into shop."Note" select $1 || id, $1, title, body, '{a,b}', '2026-10-01', '2026-10-01'
       from jsonb_to_recordset($2::jsonb) as n(id text, title text, body text)`,
      [user, JSON.stringify(themedNotes(each))],
    );
  }
}

const columnsOfNote = () =>
  database.query(`select column_name, data_type, collation_name, datetime_precision from information_schema.columns
    where table_schema = 'noctuary' and table_name = 'note' order by ordinal_position`);

describe("an app's table", () => {
  test("of Prisma's making is read by a whole night, and nothing in its schema changes", async () => {
    await prismaTable();
    await fillPrisma(["ada", "bob"], 12);
    const shop = () =>
      database.query(`select relname, relkind, relacl::text, relrowsecurity from pg_class
        where relnamespace = 'shop'::regnamespace order by 1`);
    const [before, shape] = [await shop(), await columnsOfNote()];
    const report = await attach(`shop."Note"`);
    expect(report).toMatchObject({
      columns: {
        id: "id",
        userId: "authorId",
        title: "title",
        body: "content",
        deletedAt: "deletedAt",
        excluded: null,
      },
      counts: { notes: 24, users: 2, deleted: 0, excluded: 0 },
    });
    expect(report.shown).toHaveLength(10);
    expect(await columnsOfNote()).toEqual(shape);
    night = await openNight(database);
    expect(await night.run()).toMatchObject({ status: "done", totals: { live: 24, embedded: 24 } });
    expect(await shop()).toEqual(before);
    const inApp = await database.query<{ users: number; notes: number }>(
      "select count(distinct user_id)::int as users, count(*)::int as notes from noctuary.app_cluster_note",
    );
    expect(inApp).toEqual([{ users: 2, notes: 24 }]);
    await database.query(
      `update shop."Note" set "deletedAt" = now() where id in ('adanote-00001', 'adanote-00004')`,
    );
    expect(await night.run()).toMatchObject({ totals: { vanished: 2, purged: 2 } });
  });

  test.each([
    ["uuid", "gen_random_uuid()", "uuid"],
    ["bigint", "i", "bigint generated always as identity"],
  ])("with keys of %s is read as text", async (type, value, column) => {
    await database.query(`create table shop.notes (id ${column} primary key, user_id ${type} not null, body text,
      updated_at timestamptz(3) not null default now(), is_deleted boolean not null default false)`);
    const made = type === "uuid" ? "(id, user_id, body)" : "(user_id, body)";
    const values = type === "uuid" ? `${value}, '00000000-0000-4000-8000-000000000001'` : "7";
    await database.query(
      `insert into shop.notes ${made} select ${values}, 'text ' || i from generate_series(1, 3) i`,
    );
    const report = await attach("shop.notes", { columns: { title: "none" } });
    expect(report.columns).toMatchObject({ title: null, deletedAt: "is_deleted" });
    expect(report.counts).toMatchObject({ notes: 3, users: 1 });
    const ids = await database.query<{ id: string }>(
      'select id::text from shop.notes order by id::text collate "C"',
    );
    expect(await database.query("select id from noctuary.note order by id")).toEqual(ids);
  });

  test("can be several, through a query; where their ids collide, it says so", async () => {
    await database.query(`
      create table shop.page (id bigint primary key, user_id bigint not null, text text, at timestamptz not null);
      create table shop.memo (id bigint primary key, user_id bigint not null, text text, at timestamptz not null);
      insert into shop.page values (1, 1, 'a page', now()); insert into shop.memo values (1, 1, 'a memo', now())`);
    const both = (prefix: string) =>
      queryFile(`select id::text as id, user_id, text as body, at as updated_at from shop.page
        union all select ${prefix} || id, user_id, text, at from shop.memo;`);
    const { relation: _, ...request } = { ...usual, relation: "" };
    const run = (file: string) =>
      database.db.drizzle.transaction((tx) => attachAppNotes(tx, { ...request, queryFile: file }));
    await expect(run(both("''"))).rejects.toThrow("1 notes share user and id with another");
    const report = await run(both("'memo-'"));
    expect(report.shown.map(({ id, body }) => [id, body]).sort()).toEqual([
      ["1", "a page"],
      ["memo-1", "a memo"],
    ]);
    expect(report.scans.map(({ relation }) => relation).sort()).toEqual(["shop.memo", "shop.page"]);
    for (const index of report.indexes) await database.query(index.replace(" concurrently", ""));
    expect((await run(both("'memo-'"))).scans).toEqual([]);
  });
});

describe("the index that a user's reads want", () => {
  test("is named where it is missing, and found once it is made", async () => {
    await prismaTable();
    await fillPrisma(["ada"], 3);
    const before = await attach(`shop."Note"`);
    expect(before.scans).toEqual([
      { relation: 'shop."Note"', condition: expect.stringContaining("authorId") },
    ]);
    expect(before.indexes).toEqual([
      'create index concurrently noctuary_note on shop."Note" (("authorId"::text collate "C"), ("id"::text collate "C")) ' +
        'include ("authorId", "id", "updatedAt", "createdAt", "deletedAt")',
    ]);
    await database.query(before.indexes[0]!.replace(" concurrently", ""));
    expect(await attach(`shop."Note"`)).toMatchObject({ scans: [], indexes: [] });
  });

  test("is found for bigint and uuid keys, which are cast", async () => {
    for (const type of ["bigint", "uuid"]) {
      await database.query(`create table shop.${type}s (id ${type} primary key, user_id ${type} not null, body text,
        updated_at timestamptz not null)`);
      const { indexes } = await attach(`shop.${type}s`);
      await database.query(indexes[0]!.replace(" concurrently", ""));
      expect((await attach(`shop.${type}s`)).scans).toEqual([]);
      await database.query(`drop index shop.noctuary_note`);
    }
  });
});

describe("bad input", () => {
  const columns = "user_id int not null, body text, updated_at timestamptz not null default now()";
  test.each([
    ["a table that is not there", "", "there is no table shop.notes"],
    [
      "no primary key",
      `create table shop.notes (id int, ${columns})`,
      "has no primary key or unique index on id",
    ],
    [
      "no user",
      "create table shop.notes (id int primary key, body text, updated_at date)",
      "--user-column: there is id",
    ],
    [
      "a moment that is a number",
      "create table shop.notes (id int primary key, user_id int not null, body text, updated_at int)",
      "--updated-column (if it keeps none, that of the creation: then a changed text is found within 7 days): there is",
    ],
  ])("%s: refused with what to do", async (_, made, message) => {
    if (made !== "") await database.query(made);
    await expect(attach("shop.notes")).rejects.toThrow(message);
    expect(await database.query("select 1 from noctuary.attachment")).toEqual([]);
  });

  test("rows without a user are left out and counted, timestamps without a zone are read in the one that is said", async () => {
    await database.query(`create table shop.notes (id int primary key, user_id int, body text, updated_at timestamp);
      insert into shop.notes values (1, 1, 'here', '2026-07-01 12:00'), (2, null, 'nobody''s', now()), (3, 1, null, null)`);
    const report = await attach("shop.notes", { timeZone: "Europe/Berlin" });
    expect(report).toMatchObject({ leftOut: 1, counts: { notes: 2, users: 1 } });
    expect(report.warnings).toContainEqual(
      expect.stringContaining("updated_at: without a time zone, read as Europe/Berlin"),
    );
    expect(await database.query("select id, body, updated_at from noctuary.note order by id")).toEqual([
      { id: "1", body: "here", updated_at: new Date("2026-07-01T10:00:00Z") },
      { id: "3", body: "", updated_at: new Date(0) },
    ]);
  });

  test("a body of fifty megabytes is read up to a million characters, and said to be", async () => {
    await database.query(`create table shop.notes (id int primary key, ${columns});
      insert into shop.notes values (1, 1, repeat('word ', 10000000))`);
    expect(await attach("shop.notes")).toMatchObject({ cut: 1 });
    expect(await database.query("select length(body) as length from noctuary.note")).toEqual([
      { length: 1_000_000 },
    ]);
  });

  test("an empty table is attached: it is an app without notes", async () => {
    await database.query(`create table shop.notes (id int primary key, ${columns})`);
    expect(await attach("shop.notes")).toMatchObject({ counts: { notes: 0 }, shown: [] });
  });
});

describe("a later migration of the app", () => {
  test("that takes the view away stops the run with a sentence; nothing is purged, and attach brings all back", async () => {
    await prismaTable();
    await fillPrisma(["ada"], 12);
    await attach(`shop."Note"`);
    night = await openNight(database);
    await night.run();
    const shape = () =>
      database.query(`select c.relname, c.reloptions, c.relacl::text, pg_get_viewdef(c.oid) as definition from pg_class c
        where relnamespace = 'noctuary'::regnamespace and relkind = 'v' order by 1`);
    const functions = () =>
      database.query(
        "select proname, pg_get_functiondef(oid) as definition from pg_proc where pronamespace = 'noctuary'::regnamespace and prokind = 'f' order by 1, 2",
      );
    const before = [await shape(), await functions()];
    await database.query(`alter table shop."Note" drop column content cascade`);
    expect(await shape()).not.toEqual(before[0]);
    expect(await night.run()).toMatchObject({ status: "failed", error: { code: "notes_unreadable" } });
    expect(await database.query("select count(*)::int as n from noctuary.note_embedding")).toEqual([
      { n: 12 },
    ]);
    await database.query(`alter table shop."Note" add column content text`);
    await attach(`shop."Note"`);
    expect([await shape(), await functions()]).toEqual(before);
    expect((await night.run()).status).toBe("done");
  });

  test("that leaves the jobs no row to see stops the run; nothing is purged until somebody says so", async () => {
    await prismaTable();
    await fillPrisma(["ada", "bob"], 4);
    await attach(`shop."Note"`);
    night = await openNight(database);
    await night.run();
    await database.query(`delete from shop."Note"`);
    for (const options of [{}, { acceptDeletions: true }]) {
      const run = await night.run(options);
      if (options.acceptDeletions === true) expect(run.totals.purged).toBe(8);
      else {
        expect(run).toMatchObject({ status: "failed", error: { code: "notes_unseen" } });
        expect(await database.query("select count(*)::int as n from noctuary.note_embedding")).toEqual([
          { n: 8 },
        ]);
      }
    }
  });
});

describe("detach", () => {
  test("brings back Noctuary's own table, and what stands on the view stays", async () => {
    const shape = () =>
      database.query(`select c.relname, c.reloptions, c.relacl::text, pg_get_viewdef(c.oid) as definition from pg_class c
        where relnamespace = 'noctuary'::regnamespace and relkind = 'v' order by 1`);
    const before = await shape();
    await prismaTable();
    await attach(`shop."Note"`);
    await database.db.drizzle.transaction((tx) => detachNotes(tx));
    expect(await shape()).toEqual(before);
  });

  test("a night never writes to the app's table, and forgetting a user leaves it alone", async () => {
    await prismaTable();
    await fillPrisma(["ada"], 4);
    const rows = () => database.query(`select * from shop."Note" order by id`);
    const before = await rows();
    await attach(`shop."Note"`);
    night = await openNight(database);
    await night.run();
    await asUser(database.db, "ada", (tx) => forgetUser(tx, "ada"));
    expect(await rows()).toEqual(before);
    const write = asUser(database.db, "ada", (tx) => tx.execute(sql`delete from note`));
    await expect(write).rejects.toMatchObject({ cause: { code: "42501" } });
  });
});
