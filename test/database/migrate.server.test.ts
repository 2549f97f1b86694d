import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Database, openDatabase } from "@noctuary/db/database";
import { migrate, schemaState } from "@noctuary/db/migrate";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
afterEach(() => database.close());

/** Logs in as a role that owns nothing to begin with; roles are shared by the server, so each has a name of its own. */
const roles: string[] = [];
let admin: TestDatabase;
beforeAll(async () => {
  admin = await openTestDatabase();
});
afterAll(async () => {
  for (const role of roles) await admin.query(`drop role ${role}`);
  await admin.close();
});

async function createLogin(options = ""): Promise<string> {
  const role = `noctuary_test_login_${process.pid}_${roles.length}`;
  await admin.query(`create role ${role} login ${options}`);
  roles.push(role);
  return role;
}

/** May make the schema in the database of the test, and is no superuser. */
async function createOwner(): Promise<string> {
  await database.query("create extension vector");
  const owner = await createLogin("createrole");
  await database.query(`grant noctuary_ledger, noctuary_user to ${owner} with admin option`);
  await database.query(
    `do $$ begin execute format('grant create on database %I to ${owner}', current_database()); end $$`,
  );
  return owner;
}

/** The schema as it was before a migration. */
async function migrateBefore(db: Database, name: string): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL("../../packages/db/migrations", import.meta.url));
  const { entries } = JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, "utf8")) as {
    entries: { tag: string }[];
  };
  const files = readMigrationFiles({ migrationsFolder });
  const before = files.slice(
    0,
    entries.findIndex(({ tag }) => tag === name),
  );
  await db.pool.query(
    "create schema noctuary; create table noctuary.migration (hash text primary key, applied_at timestamptz not null default now())",
  );
  await db.pool.query("set search_path = noctuary, public");
  for (const { sql, hash } of before) {
    for (const statement of sql) await db.pool.query(statement);
    await db.pool.query("insert into noctuary.migration (hash) values ($1)", [hash]);
  }
  await db.pool.query("reset search_path");
}

const urlAs = (role: string) => Object.assign(new URL(database.url), { username: role }).href;

async function aWholeNight(as: Pick<TestDatabase, "url">): Promise<void> {
  await putNotes(database, "u", themedNotes(20));
  const night = await openNight({ ...database, ...as });
  expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 20 } });
  await deleteNotes(database, "u", ["note-00003"]);
  expect(await night.run({}, "2026-11-03T07:00:00Z")).toMatchObject({
    status: "done",
    totals: { purged: 1 },
  });
  await night.close();
}

/** What the trigger shows at once it writes with the owner's rights: those of a superuser here, of nobody there. */
async function renameAsApp(login: string): Promise<void> {
  const db = openDatabase({ url: urlAs(login), maxConnections: 1 });
  await db.pool.query(`begin; select set_config('app.user_id', 'u', true);
    insert into noctuary.cluster_edit (kind, cluster_id, name)
      select 'rename', id, 'Mine' from noctuary.app_cluster where level = 'topic' limit 1;
    commit`);
  await db.close();
  expect(await database.query("select name, named_by from noctuary.cluster where named_by = 'user'")).toEqual(
    [{ name: "Mine", named_by: "user" }],
  );
}

test("pgvector may live in a schema of any name", async () => {
  database = await openTestDatabase({ migrated: false });
  await database.query(`create schema "Exten""sions, $1"`);
  await database.query(`create extension vector schema "Exten""sions, $1"`);
  await migrate(database.db);
  await aWholeNight(database);
});

test("the functions' login needs nothing but membership in the two roles", async () => {
  database = await openTestDatabase();
  const login = await createLogin("in role noctuary_ledger, noctuary_user");
  await aWholeNight({ url: urlAs(login) });
});

test.each(["inherit", "noinherit"])(
  "the login by itself (%s), without a role for the transaction, reads no note",
  async (inherits) => {
    database = await openTestDatabase();
    await putNotes(database, "u", themedNotes(2));
    const login = await createLogin(`${inherits} in role noctuary_ledger, noctuary_user`);
    const db = openDatabase({ url: urlAs(login), maxConnections: 1 });
    await expect(db.pool.query("select id from noctuary.note")).rejects.toMatchObject({ code: "42501" });
    await db.close();
  },
);

test("an owner who is no superuser can migrate and run a night, and sees nobody's rows by owning the tables", async () => {
  database = await openTestDatabase({ migrated: false });
  const owner = await createOwner();
  const db = openDatabase({ url: urlAs(owner), maxConnections: 1 });
  await migrate(db);
  expect(await schemaState(db)).toBe("current");
  await aWholeNight({ url: urlAs(owner) });
  await renameAsApp(await createLogin("in role noctuary_app"));
  await expect(
    db.pool.query("select 1 from noctuary.note"),
    "row-level security is forced",
  ).rejects.toMatchObject({
    code: "42501",
  });
  await db.close();
  await database.query(`reassign owned by ${owner} to current_user; drop owned by ${owner}`);
});

test("a database without pgvector is refused with what to do, and nothing is created", async () => {
  database = await openTestDatabase({ migrated: false });
  const owner = await createLogin();
  await database.query(
    `do $$ begin execute format('grant create on database %I to ${owner}', current_database()); end $$`,
  );
  await database.query("create function public.vector_in() returns int language sql return 1");
  const db = openDatabase({ url: urlAs(owner), maxConnections: 1 });
  await expect(migrate(db)).rejects.toMatchObject({ name: "SchemaError", code: "pgvector_missing" });
  expect(await schemaState(db)).toBe("empty");
  await db.close();
  await database.query(`drop owned by ${owner}`);
});

describe("an upgrade in the middle of a night, by an owner who is no superuser", () => {
  let db: Database;
  afterEach(() => db.close());
  beforeEach(async () => {
    database = await openTestDatabase({ migrated: false });
    const owner = await createOwner();
    // Of two that wait for each other, who looks for that first is ended: the migration, once the worker waits too.
    await admin.query(`alter role ${owner} set deadlock_timeout = '3s'`);
    db = openDatabase({ url: urlAs(owner), maxConnections: 1 });
    await migrateBefore(db, "0048_fewer_indexes");
    const run = "00000000-0000-4000-8000-000000000001";
    await database.query(
      `insert into noctuary.run (id, job, local_date, trigger, options, as_of) values ('${run}', 'j', now(), 'manual', '{}', now())`,
    );
    await database.query(`insert into noctuary.task (id, run_id, step, queue, user_id, payload)
      select step || user_id, '${run}', step, step, nullif(user_id, ''), '{}'
      from (values ('plan', ''), ('embed', 'u'), ('cluster', 'u'), ('cluster', 'v')) as t(step, user_id)`);
    await database.query(`insert into noctuary.outbox (queue, task_id, user_id, sent_at)
      select queue, id, user_id, case when step <> 'cluster' then now() end from noctuary.task`);
  });

  test("leaves the messages that are to be sent, and no others", async () => {
    await migrate(db);
    expect(await database.query("select task_id from noctuary.outbox order by task_id")).toEqual([
      { task_id: "clusteru" },
      { task_id: "clusterv" },
    ]);
  });

  test("begins again where it and a worker wait for each other's locks", async () => {
    const worker = await database.db.pool.connect();
    await worker.query(
      "set deadlock_timeout = '1min'; begin; lock table noctuary.outbox in row exclusive mode",
    );
    const migrated = migrate(db);
    const waiting = "select 1 from pg_locks where relation = 'noctuary.outbox'::regclass and not granted";
    await vi.waitUntil(async () => (await database.query(waiting)).length > 0, { timeout: 20_000 });
    await worker.query("select 1 from noctuary.task; commit");
    worker.release(true);
    expect((await migrated).applied).toBeGreaterThan(0);
    expect(await schemaState(db)).toBe("current");
  });
});
