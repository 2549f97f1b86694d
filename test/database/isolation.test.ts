import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const PERMISSION_DENIED = { cause: { code: "42501" } };
const userIds = Array.from({ length: 100 }, (_, i) => `user-${String(i).padStart(3, "0")}`);
const tables = [
  "own_note",
  "note_embedding",
  "source",
  "source_note",
  "cluster",
  "cluster_membership",
  "kept_neighbours",
  "kept_neighbours_chunk",
  "cluster_event",
  "cluster_edit",
  "smart_stack",
  "smart_stack_note",
  "stack_verdict",
  "stack_report",
  "stack_title_draft",
  "insight",
  "insight_section",
  "event_outbox",
  "compared_night",
  "forget",
  "user_state",
  "user_setting",
  "usage",
  "budget_month",
  "audit_log",
  "run_user",
  "task",
  "outbox",
];

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
  await database.query(`insert into noctuary.run (id, job, local_date, trigger, options, as_of)
    values ('r', 'nightly-cluster', '2026-11-02', 'manual', '{}', now())`);
  // One row of every user in every table.
  const users = "unnest($1::text[]) as u(id)";
  for (const statement of [
    `insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
       select u.id, 'n', 'a title', 'a body', now(), now() from ${users}`,
    `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, vector, seen_updated_at)
       select u.id, 'n', 'm', 3, '[1,2,3]', now() from ${users}`,
    `insert into noctuary.source (user_id, id, kind, path) select u.id, 's', 'folder', '/notes' from ${users}`,
    `insert into noctuary.source_note (user_id, source_id, note_id, key, content_hash, text_hash)
       select u.id, 's', 'n', 'n.md', 'h', 'h' from ${users}`,
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, centroid, born_at)
       select u.id, 'c', 'topic', 'a name', 1, '{word}', 1, '[1,2,3]', now() from ${users}`,
    `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
       select u.id, 'n', 'c', 1, false from ${users}`,
    `insert into noctuary.cluster_event (user_id, run_id, at, kind, cluster_id, notes_before, notes_after)
       select u.id, 'r', now(), 'born', 'c', 0, 1 from ${users}`,
    `insert into noctuary.kept_neighbours (user_id, model, dimensions, version, slots, checksum)
     select u.id, 'm', 2, 1, 0, 0 from ${users}`,
    `insert into noctuary.kept_neighbours_chunk (user_id, part, chunk, checksum, bytes)
     select u.id, 'notes', 0, 0, '' from ${users}`,
    `insert into noctuary.user_state (user_id) select u.id from ${users}`,
    `insert into noctuary.cluster_edit (user_id, id, kind, cluster_id) select u.id, 'e', 'pin', 'c' from ${users}`,
    `insert into noctuary.smart_stack (user_id, id, kind, title, reason, facts, priority, priority_parts, born_at, seen_at)
       select u.id, 's', 'momentum', 'a title', 'a reason', '{}', 1, '{}', now(), now() from ${users}`,
    `insert into noctuary.smart_stack_note (user_id, stack_id, note_id, rank) select u.id, 's', 'n', 0 from ${users}`,
    `insert into noctuary.stack_verdict (user_id, stack_id, verdict) select u.id, 's', 'kept' from ${users}`,
    `insert into noctuary.insight (user_id, week, time_zone, schema_version, status, facts, open_ends, run_id)
     select u.id, '2026-10-24', 'UTC', 1, 'complete', '[]', '[]', 'r' from ${users}`,
    `insert into noctuary.insight_section (user_id, week, section, position, written_by, sentences, dropped)
     select u.id, '2026-10-24', 'headline', 0, 'template', '[]', '{}' from ${users}`,
    `insert into noctuary.event_outbox (user_id, type, subject) select u.id, 'insight.ready', '2026-10-24' from ${users}`,
    `insert into noctuary.compared_night (user_id, against, local_date, ari, notes, counts)
       select u.id, 'old', '2026-11-02', 1, 1, '{}' from ${users}`,
    `insert into noctuary.forget (user_id, id) select u.id, 'f' from ${users}`,
    `insert into noctuary.stack_report (user_id, run_id, at, report) select u.id, 'r', now(), '{}' from ${users}`,
    `insert into noctuary.stack_title_draft (user_id, title_key, title, at) select u.id, 'k', 'a title', now() from ${users}`,
    `insert into noctuary.user_setting (user_id) select u.id from ${users}`,
    `insert into noctuary.usage (user_id, day, model) select u.id, '2026-11-02', 'm' from ${users}`,
    `insert into noctuary.budget_month (user_id, month) select u.id, '2026-11-01' from ${users}`,
    `insert into noctuary.audit_log (user_id, actor, action, counts) select u.id, 'test', 'read', '{}' from ${users}`,
    `insert into noctuary.run_user (run_id, user_id, counts) select 'r', u.id, '{}' from ${users}`,
    `insert into noctuary.task (id, run_id, step, queue, user_id, payload)
       select u.id || '-task', 'r', 'embed', 'embed', u.id, '{}' from ${users}`,
    `insert into noctuary.outbox (queue, task_id, user_id) select 'embed', u.id || '-task', u.id from ${users}`,
  ]) {
    await database.query(statement, [userIds]);
  }
});
afterAll(() => database.close());

test("the list of tables in this test is whole", async () => {
  const owned = await database.query<{ name: string }>(`select distinct table_name as name
    from information_schema.columns join information_schema.tables using (table_schema, table_name)
    where table_schema = 'noctuary' and column_name = 'user_id' and table_type = 'BASE TABLE'`);
  expect(owned.map(({ name }) => name).sort()).toEqual(tables.toSorted());
});

describe("as one of 100 users", () => {
  test("each sees their own row of every table and no other", async () => {
    const readable = ["note", ...tables].filter((table) => table !== "audit_log");
    const everything = sql.join(
      readable.map((table) => sql`select ${table}::text as "table", user_id from ${sql.identifier(table)}`),
      sql` union all `,
    );
    for (const userId of userIds) {
      const { rows } = await asUser(database.db, userId, (tx) => tx.execute(everything));
      expect(rows).toEqual(readable.map((table) => ({ table, user_id: userId })));
    }
  });

  test("nobody reads the audit, their own rows included", async () => {
    const read = asUser(database.db, userIds[0]!, (tx) => tx.execute(sql`select 1 from audit_log`));
    await expect(read).rejects.toMatchObject(PERMISSION_DENIED);
  });

  test.each(tables)("nobody changes or removes another user's row of %s", async (table) => {
    const all = () => database.query(`select * from noctuary.${table} order by user_id`);
    const before = await all();
    const reader = userIds[7]!;
    for (const attempt of [
      sql`update ${sql.identifier(table)} set user_id = user_id where user_id <> ${reader}`,
      sql`delete from ${sql.identifier(table)} where user_id <> ${reader}`,
    ]) {
      const touched = asUser(database.db, reader, (tx) => tx.execute(attempt)).then(
        ({ rowCount }) => `${rowCount} rows`,
        (error) => error.cause.code,
      );
      expect(["0 rows", "42501"]).toContain(await touched);
    }
    expect(await all()).toEqual(before);
  });

  test.each(tables)("nobody writes or hands over a row of %s in another user's name", async (table) => {
    const [writer, other] = [userIds[1]!, "somebody-else"];
    // Every way out: a copy of the own row under another name, and the own row given away.
    const columns = await database.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_schema = 'noctuary' and table_name = $1
         and is_identity = 'NO' and column_name <> 'user_id' order by ordinal_position`,
      [table],
    );
    const names = sql.join(
      columns.map(({ name }) => sql.identifier(name)),
      sql`, `,
    );
    const values = sql.join(
      columns.map(({ name }) =>
        table === "task" && name === "id" ? sql`id || '-copy'` : sql.identifier(name),
      ),
      sql`, `,
    );
    const target = sql.identifier(table);
    const copy = sql`insert into ${target} (user_id, ${names}) select ${other}, ${values} from ${target}`;
    const give = sql`update ${target} set user_id = ${other} where user_id = ${writer}`;
    for (const attempt of table === "audit_log" ? [give] : [copy, give]) {
      await expect(asUser(database.db, writer, (tx) => tx.execute(attempt))).rejects.toMatchObject(
        PERMISSION_DENIED,
      );
    }
    expect(await database.query(`select 1 from noctuary.${table} where user_id = $1`, [other])).toEqual([]);
  });

  test("an audit row in another user's name is refused", async () => {
    const forged = { userId: userIds[2]!, actor: "test", action: "read", counts: {} };
    await expect(asUser(database.db, userIds[1]!, (tx) => audit(tx, forged))).rejects.toMatchObject(
      PERMISSION_DENIED,
    );
  });

  test("a user id is text, never part of a statement", async () => {
    const hostile = "x', true), set_config('role', 'postgres', true) --";
    const { rows } = await asUser(database.db, hostile, (tx) =>
      tx.execute(sql`select current_user::text as role, current_user_id() as id`),
    );
    expect(rows).toEqual([{ role: "noctuary_user", id: hostile }]);
  });

  test("all users at once, interleaved, each see only their own", async () => {
    const seen = await Promise.all(
      userIds.map((userId) =>
        asUser(database.db, userId, async (tx) => {
          const { rows: first } = await tx.execute<{ user_id: string }>(sql`select user_id from note`);
          const { rows: second } = await tx.execute<{ user_id: string }>(sql`select user_id from cluster`);
          return [...first, ...second].map((row) => row.user_id);
        }),
      ),
    );
    expect(seen).toEqual(userIds.map((userId) => [userId, userId]));
  });
});

describe("without a user", () => {
  test("no user id at all is refused before a transaction begins", async () => {
    await expect(asUser(database.db, "", () => Promise.resolve())).rejects.toThrow(TypeError);
  });

  test.each(tables.filter((table) => table !== "audit_log"))(
    "%s raises instead of showing nothing",
    async (table) => {
      // A user's transaction first: afterwards the setting is '' and not null on that connection.
      await asUser(database.db, userIds[0]!, (tx) => tx.execute(sql`select 1`));
      const unset = database.db.drizzle.transaction(async (tx) => {
        await tx.execute(sql`select set_config('role', 'noctuary_user', true)`);
        return tx.execute(sql`select user_id from noctuary.${sql.identifier(table)}`);
      });
      await expect(unset).rejects.toMatchObject(PERMISSION_DENIED);
    },
  );
});

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
