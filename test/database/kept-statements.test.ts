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
  await makeDivide("int");
});

afterEach(async () => {
  await db.close();
  await database.query("drop function noctuary.divide(int, int)");
});

async function makeDivide(type: "int" | "text") {
  await database.query(`
    drop function if exists noctuary.divide(int, int);
    create function noctuary.divide(a int, b int) returns table (quotient ${type}) language sql
      as 'select (a / b)::${type}'`);
}

const divide = (a: number, b: number) => call("divide", [a, b]);
const kept = async () => {
  const { rows } = await db.pool.query<{ name: string }>(
    "select name from pg_prepared_statements order by name",
  );
  return rows.map(({ name }) => name);
};

test("small statements and their openings are kept by the server's process, but never behind a pooler", async () => {
  for (let i = 1; i <= 3; i++) {
    expect((await sendAsUser(db, "u", divide(6, i))).rows).toEqual([{ quotient: 6 / i }]);
    expect((await sendAsLedger(db, divide(6, i), { mayBeLost: true })).rows).toEqual([{ quotient: 6 / i }]);
  }
  // The embedded database has one process for all connections: others may have left some there.
  const ours = ["noctuary divide 2", "noctuary opening", "noctuary opening that may be lost"];
  expect(await kept()).toEqual(isPooled ? [] : expect.arrayContaining(ours));
});

test("a statement that was refused when it was first said is kept from the next time on", async () => {
  // Until the first answer nobody knows whether anything may be kept.
  await sendAsUser(db, "u", divide(1, 1));
  await db.pool.query("deallocate all");
  for (const time of ["first", "second"]) {
    await expect(sendAsUser(db, "u", divide(1, 0)), time).rejects.toMatchObject({ code: "22012" });
    expect((await sendAsUser(db, "u", divide(4, 2))).rows, time).toEqual([{ quotient: 2 }]);
  }
  expect(await kept()).toEqual(isPooled ? [] : expect.arrayContaining(["noctuary divide 2"]));
});

test("statements that the server has lost are said again, each of those that went out together", async () => {
  await sendAsUser(db, "u", divide(1, 1));
  await sendAsUser(db, "u", divide(1, 1));
  await db.pool.query("deallocate all");
  const answers = await overOneConnection(db, (connection) =>
    Promise.all([1, 2, 3].map((b) => sendAsUser(connection, "u", divide(6, b)))),
  );
  expect(answers.map(({ rows }) => rows)).toEqual([[{ quotient: 6 }], [{ quotient: 3 }], [{ quotient: 2 }]]);
  expect(await kept()).toEqual([]);
});

test("a function that answers with other columns than when it was kept is called anew", async () => {
  await sendAsUser(db, "u", divide(1, 1));
  await sendAsUser(db, "u", divide(1, 1));
  await makeDivide("text");
  expect((await sendAsUser(db, "u", divide(6, 2))).rows).toEqual([{ quotient: "3" }]);
});
