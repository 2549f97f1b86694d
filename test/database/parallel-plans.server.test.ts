import { asLedger, asUser } from "@noctuary/db/access";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

// Large tables are read by parallel workers, for whom every subquery of a condition is computed beforehand.
const inParallel = sql`select set_config('min_parallel_table_scan_size', '0', true),
  set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true),
  set_config('enable_indexscan', 'off', true), set_config('enable_indexonlyscan', 'off', true),
  set_config('enable_bitmapscan', 'off', true)`;

const database = databaseOfFile();
beforeAll(async () => {
  await database.query(`insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
    select 'u' || i % 4, 'n' || i, '', repeat('word ', 100), now(), now() from generate_series(1, 4000) i`);
  await database.query("analyze noctuary.own_note");
});

test("the ledger sees all notes, and a user their own, in a plan with parallel workers", async () => {
  const query = sql`select count(id)::int as n, count(distinct user_id)::int as users from note`;
  const read = async (
    tx: Parameters<Parameters<typeof asLedger>[1]>[0] | Parameters<Parameters<typeof asUser>[2]>[0],
  ) => {
    await tx.execute(inParallel);
    const { rows: plan } = await tx.execute<{ "QUERY PLAN": string }>(
      sql`explain select count(id) from note`,
    );
    expect(plan.map((line) => line["QUERY PLAN"]).join("\n")).toContain("Parallel Seq Scan");
    return (await tx.execute(query)).rows[0];
  };
  expect(await asLedger(database.db, read)).toEqual({ n: 4000, users: 4 });
  expect(await asUser(database.db, "u1", read)).toEqual({ n: 1000, users: 1 });
});
