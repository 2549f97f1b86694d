import { asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { databaseWithRowsOfAll, tables, userIds } from "./row-of-every-user.ts";

const PERMISSION_DENIED = { cause: { code: "42501" } };
const database = databaseWithRowsOfAll();

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
