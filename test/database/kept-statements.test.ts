import { overOneConnection, sendAsLedger, sendAsUser } from "@noctuary/db/access";
import { type Database, openDatabase } from "@noctuary/db/database";
import { call } from "@noctuary/db/opened-query";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";

const database = emptiedDatabase();
const isPooled = process.env.NOCTUARY_TEST_POOLER !== undefined;

let db: Database;

beforeEach(async () => {
  db = openDatabase({ url: database.url, maxConnections: 1 });
  await makeDivide("a int, b int", "int");
  // The embedded database has one session for all connections: others have left theirs there.
  await loseAll();
});

afterEach(async () => {
  await db.close();
  await dropDivide();
});

async function makeDivide(parameters: string, type: "int" | "text") {
  await dropDivide();
  await database.query(`
    create function noctuary.divide(${parameters}) returns table (quotient ${type}) language plpgsql
      as 'begin return query select (a::int / b::int)::${type}; end'`);
}

async function dropDivide() {
  await database.query("drop function if exists noctuary.divide(int, int), noctuary.divide(text, text)");
}

async function loseAll() {
  await db.pool.query("deallocate all");
}

const divide = (a: number, b: number) => sendAsUser(db, "u", call("divide", [a, b]));
const audit = ["u", "test", null, null, "something", "{}"];

/** What the server's process keeps of ours, by its beginnings. */
async function kept(): Promise<string[]> {
  const { rows } = await db.pool.query<{ words: string }>(
    `select split_part(statement, '(', 1) as words from pg_prepared_statements where name like 'noctuary %' order by 1`,
  );
  return rows.map(({ words }) => words);
}
const SMALL = ["select * from divide", "select set_config"];

test("small statements and their openings are kept by the server's process, but never behind a pooler", async () => {
  for (let i = 1; i <= 3; i++) {
    expect((await divide(6, i)).rows).toEqual([{ quotient: 6 / i }]);
    const { rows } = await sendAsLedger(db, call("divide", [6, i]), { mayBeLost: true });
    expect(rows).toEqual([{ quotient: 6 / i }]);
  }
  expect(await kept()).toEqual(isPooled ? [] : [...SMALL, "select set_config"]);
});

test("a kept opening opens for whoever it is said for, one after the other and side by side", async () => {
  await database.query(`create or replace function noctuary.whose() returns table (role text, "user" text)
    language plpgsql as 'begin return query select current_user::text, current_setting(''app.user_id''); end'`);
  const whose = (line: Parameters<typeof sendAsUser>[0], user: string) =>
    sendAsUser(line, user, call("whose", []));
  try {
    for (const user of ["u", "v", "w", "u"]) {
      expect((await whose(db, user)).rows).toEqual([{ role: "noctuary_user", user }]);
      expect((await sendAsLedger(db, call("whose", []))).rows).toEqual([
        { role: "noctuary_ledger", user: "" },
      ]);
    }
    const together = await overOneConnection(db, (connection) =>
      Promise.all(["v", "w", "u"].map((user) => whose(connection, user))),
    );
    expect(together.map(({ rows }) => rows[0]!.user)).toEqual(["v", "w", "u"]);
  } finally {
    await database.query("drop function noctuary.whose()");
  }
});

test("a statement that was refused when it was first said is kept from the next time on", async () => {
  // Until the first answer nobody knows whether anything may be kept.
  await sendAsUser(db, "u", call("add_audit", audit));
  for (const time of ["first", "second"]) {
    await expect(divide(1, 0), time).rejects.toMatchObject({ code: "22012" });
    expect((await divide(4, 2)).rows, time).toEqual([{ quotient: 2 }]);
  }
  expect(await kept()).toEqual(isPooled ? [] : SMALL);
});

test("statements that the server has lost are said again, each of those that went out together, and done once", async () => {
  const add = (line: Parameters<typeof sendAsUser>[0]) => sendAsUser(line, "u", call("add_audit", audit));
  await add(db);
  await add(db);
  await loseAll();
  await overOneConnection(db, (connection) => Promise.all([1, 2, 3].map(() => add(connection))));
  expect(await database.query("select from noctuary.audit_log")).toHaveLength(5);
  await add(db);
  expect(await kept()).toEqual(isPooled ? [] : ["select * from add_audit", "select set_config"]);
});

test("nothing is kept any more by a server that loses it again and again", async () => {
  for (let i = 0; i < 5; i++) {
    for (const a of [2, 4]) expect((await divide(a, 2)).rows).toEqual([{ quotient: a / 2 }]);
    await loseAll();
  }
  for (let i = 0; i < 3; i++) await divide(1, 1);
  expect(await kept()).toEqual([]);
});

test.each([
  { what: "columns", parameters: "a int, b int", type: "text" as const, quotient: "3" },
  { what: "types of its arguments", parameters: "a text, b text", type: "int" as const, quotient: 3 },
])("a function that has other $what than when it was kept is called anew", async (changed) => {
  await divide(1, 1);
  await divide(1, 1);
  await makeDivide(changed.parameters, changed.type);
  for (const time of ["first", "second"]) {
    expect((await divide(6, 2)).rows, time).toEqual([{ quotient: changed.quotient }]);
  }
});

test("a value that there are no words for costs its own statement and none after it", async () => {
  const unspeakable = {
    toPostgres() {
      throw new RangeError("no words for it");
    },
  };
  const speak = () => sendAsUser(db, "u", call("divide", [1, unspeakable]));
  for (let i = 0; i < 5; i++) {
    await divide(1, 1);
    for (const time of ["kept", "not kept any more"]) await expect(speak(), time).rejects.toThrow("no words");
    await db.pool.query("select"); // the driver tells once more, with the server's answer
  }
  await divide(1, 1);
  expect(await kept()).toEqual(isPooled ? [] : SMALL);
});

test("two connections keep the same statements, and neither takes them from the other", async () => {
  const other = openDatabase({ url: database.url, maxConnections: 1 });
  try {
    for (let i = 0; i < 3; i++) {
      for (const line of [db, other]) {
        expect((await sendAsUser(line, "u", call("divide", [6, 2]))).rows).toEqual([{ quotient: 3 }]);
      }
    }
  } finally {
    await other.close();
  }
});
