import { openDatabase } from "@noctuary/db/database";
import { migrate, schemaState } from "@noctuary/db/migrate";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
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
  await database.query("create extension vector");
  const owner = await createLogin("createrole");
  await database.query(`grant noctuary_ledger, noctuary_user to ${owner} with admin option`);
  await database.query(
    `do $$ begin execute format('grant create on database %I to ${owner}', current_database()); end $$`,
  );
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
