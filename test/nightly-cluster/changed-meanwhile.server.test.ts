import type { Context } from "@noctuary/core/context";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let night: Night;
const paid: string[] = [];
/** Called before each statement that the functions send within a transaction. */
let beforeStatement: (text: string) => Promise<void> = async () => {};

beforeAll(async () => {
  database = await openTestDatabase();
  night = await openNight(database, {
    wrap: (context) =>
      withStatementsAnnounced({ ...context, embedder: countingEmbedder(context.embedder, paid) }),
  });
});
afterAll(async () => {
  await night.close();
  await database.close();
});

function withStatementsAnnounced(context: Context): Context {
  const { db } = context;
  const dialect = new PgDialect();
  const transaction: typeof db.drizzle.transaction = (work, config) =>
    db.drizzle.transaction((tx) => {
      const execute = (query: Parameters<typeof tx.execute>[0]) => {
        const { sql: text } = dialect.sqlToQuery(query as never);
        const run = async () => {
          await beforeStatement(text);
          return tx.execute(query);
        };
        const answer = run();
        return Object.assign(answer, { execute: () => answer });
      };
      return work(
        new Proxy(tx, {
          get: (target, key) => (key === "execute" ? execute : Reflect.get(target, key, target)),
        }),
      );
    }, config);
  const drizzle = new Proxy(db.drizzle, {
    get: (target, key) => (key === "transaction" ? transaction : Reflect.get(target, key, target)),
  });
  return { ...context, db: { ...db, drizzle } };
}

test("a note that changes after the plan has looked at it, and before it says so, is embedded by the next night", async () => {
  const [note, ...others] = themedNotes(12);
  await putNotes(database, "u", [note!, ...others]);
  await night.run();
  // Touched: the plan looks at it, finds the text that is embedded, and is about to remember that.
  await putNotes(database, "u", [{ ...note!, updatedAt: "2026-11-02T20:00:00Z" }]);
  let changed = 0;
  beforeStatement = async (text) => {
    if (!text.includes("set seen_updated_at")) return;
    changed += 1;
    await putNotes(database, "u", [
      { ...note!, body: "Something else altogether.", updatedAt: "2026-11-02T21:00:00Z" },
    ]);
  };
  paid.length = 0;
  await night.run({}, "2026-11-03T07:00:00Z");
  expect(changed).toBe(1);
  beforeStatement = async () => {};
  await night.run({}, "2026-11-04T07:00:00Z");
  expect(paid).toEqual([expect.stringContaining("Something else altogether.")]);
});
