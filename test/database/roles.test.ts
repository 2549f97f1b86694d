import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { databaseWithRowsOfAll, tables, userIds } from "./row-of-every-user.ts";

const PERMISSION_DENIED = { cause: { code: "42501" } };
const database = databaseWithRowsOfAll();

describe("the ledger's role", () => {
  const hidden = {
    note: ["title", "body", "tags", "created_at"],
    own_note: ["id", "title", "body"],
    note_embedding: ["vector"],
    source: ["path"],
    source_note: ["key", "note_id"],
    cluster: ["name", "keyphrases", "centroid", "id"],
    cluster_membership: ["note_id"],
    kept_neighbours: ["model"],
    kept_neighbours_chunk: ["part"],
    cluster_event: ["note_id"],
    user_setting: ["time_zone"],
  };
  const reads = Object.entries(hidden).flatMap(([table, columns]) =>
    columns.map((column) => ({ table, column })),
  );

  test.each(reads)("cannot read $column of $table", async ({ table, column }) => {
    const read = asLedger(database.db, (tx) =>
      tx.execute(sql`select ${sql.identifier(column)} from ${sql.identifier(table)}`),
    );
    await expect(read).rejects.toMatchObject(PERMISSION_DENIED);
  });

  test("cannot read a hidden column in a condition either", async () => {
    const guess = asLedger(database.db, (tx) => tx.execute(sql`select id from note where body like 'a%'`));
    await expect(guess).rejects.toMatchObject(PERMISSION_DENIED);
  });

  test("sees the ids of all users", async () => {
    const { rows } = await asLedger(database.db, (tx) =>
      tx.execute(sql`select user_id from note order by user_id`),
    );
    expect(rows).toEqual(userIds.map((user_id) => ({ user_id })));
  });

  test.each(["note", "note_embedding", "cluster", "cluster_membership"])(
    "writes nothing to %s",
    async (table) => {
      const remove = asLedger(database.db, (tx) => tx.execute(sql`delete from ${sql.identifier(table)}`));
      await expect(remove).rejects.toMatchObject(PERMISSION_DENIED);
    },
  );
});

describe("the audit", () => {
  const attempts = {
    "changed by the ledger": (text: string) => asLedger(database.db, (tx) => tx.execute(sql.raw(text))),
    "changed by its user": (text: string) =>
      asUser(database.db, userIds[0]!, (tx) => tx.execute(sql.raw(text))),
  };
  test.each(Object.entries(attempts))("cannot be %s", async (_, attempt) => {
    for (const text of ["update audit_log set counts = '{}'", "truncate audit_log"]) {
      await expect(attempt(text), text).rejects.toMatchObject(PERMISSION_DENIED);
    }
  });

  test("is removed by nobody before its month is over; its user cannot at all", async () => {
    await asLedger(database.db, (tx) =>
      audit(tx, { userId: userIds[0]!, actor: "a", action: "b", counts: {} }),
    );
    const rows = () => database.query("select id from noctuary.audit_log order by id");
    const before = await rows();
    expect(before.length).toBeGreaterThan(0);
    await attempts["changed by the ledger"]("delete from audit_log");
    expect(await rows()).toEqual(before);
    const byUser = attempts["changed by its user"]("delete from audit_log");
    await expect(byUser).rejects.toMatchObject(PERMISSION_DENIED);
  });
});

describe("the roles and tables", () => {
  test("no role can log in, own anything, or pass by row-level security", async () => {
    const roles = await database.query(`
      select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
        exists (select 1 from pg_class where relowner = r.oid) as owns
      from pg_roles r where rolname in ('noctuary_app', 'noctuary_ledger', 'noctuary_user') order by rolname`);
    const harmless = {
      rolcanlogin: false,
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      owns: false,
    };
    expect(roles).toEqual([
      { rolname: "noctuary_app", ...harmless },
      { rolname: "noctuary_ledger", ...harmless },
      { rolname: "noctuary_user", ...harmless },
    ]);
  });

  test("row-level security is enabled and forced on every table with a user", async () => {
    const open = await database.query(`
      select relname from pg_class c
      where relnamespace = 'noctuary'::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
        and exists (select 1 from pg_attribute where attrelid = c.oid and attname = 'user_id')`);
    expect(open).toEqual([]);
  });

  test("every policy of the user's role asks current_user_id(), for reading and for writing", async () => {
    const policies = await database.query<{ tablename: string; qual: string; with_check: string }>(`
      select tablename, qual, with_check from pg_policies where schemaname = 'noctuary'
        and roles && array['noctuary_user', 'noctuary_app', 'public']::name[]`);
    expect(policies.map((policy) => policy.tablename).sort()).toEqual(tables.toSorted());
    for (const { qual, with_check } of policies) {
      expect(qual).toMatch(/noctuary\.(current|seen)_user_id\(\)/);
      expect(with_check).toMatch(/noctuary\.(current|seen)_user_id\(\)/);
    }
  });
});

test("every transaction ends its statements in time, and leaves nothing of that in the session", async () => {
  const asked = () => sql`select current_setting('statement_timeout') as timeout`;
  const within = await asLedger(
    database.db,
    async (tx) => (await tx.execute<{ timeout: string }>(asked())).rows,
  );
  expect(within).toEqual([{ timeout: "100s" }]);
  expect((await database.db.drizzle.execute<{ timeout: string }>(asked())).rows).toEqual([{ timeout: "0" }]);
});
