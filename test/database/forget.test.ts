import { asUser } from "@noctuary/db/access";
import { forgetUser } from "@noctuary/db/notes/note";
import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

/** Ids alone, kept for as long as the ledger and the audit are; usage and budgets go by a query of their own. */
const KEPT = ["audit_log", "budget_month", "outbox", "run_user", "task", "usage"];

const database = databaseOfFile();

test("forgetting a user reaches every table that holds anything of one", async () => {
  const removed = await asUser(database.db, "u", (tx) => forgetUser(tx, "u"));
  const tables = await database.query<{ name: string }>(`
    select c.table_name as name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'noctuary' and c.column_name = 'user_id' and t.table_type = 'BASE TABLE'`);
  const owned = tables.map(({ name }) => name).filter((name) => !KEPT.includes(name));
  expect(Object.keys(removed).sort()).toEqual(owned.sort());
});
