import { asLedger, asUser } from "@noctuary/db/access";
import { lockBudgets } from "@noctuary/db/budget/budget-month";
import { clusterWhenReady } from "@noctuary/db/ledger/run-user";
import { usersWithNewNotes } from "@noctuary/db/notes/new-notes";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { rowsRead } from "../support/rows-read.ts";

const USERS = 2_000;
const NEW_USERS = 100;
const RUN = "00000000-0000-4000-8000-000000000001";
const database = databaseOfFile();

/** A first night in the middle: the planner has no statistics of these tables. */
beforeAll(async () => {
  for (const statement of [
    "alter table noctuary.task set (autovacuum_enabled = off)",
    "alter table noctuary.usage set (autovacuum_enabled = off)",
    `insert into noctuary.run (id, job, local_date, trigger, options, as_of) values ('${RUN}', 'j', now(), 'manual', '{}', now())`,
    `insert into noctuary.task (id, run_id, step, queue, user_id, payload)
       select 'task-' || i, '${RUN}', 'embed', 'embed', 'user-' || i, '{}' from generate_series(1, ${USERS}) i`,
    `insert into noctuary.run_user (run_id, user_id, counts, planned_at, needs_cluster)
       select '${RUN}', 'user-' || i, '{"withheld": 0, "vanished": 0}', now(), true from generate_series(1, ${USERS}) i`,
    `insert into noctuary.usage (user_id, day, model, inputs, requests, tokens, cost_usd)
       select 'user-' || i, now(), 'few', 1, 1, 1, 1 from generate_series(1, ${USERS}) i`,
    "alter table noctuary.user_state set (autovacuum_enabled = off)",
    `insert into noctuary.user_state (user_id) select 'user-' || i from generate_series(1, ${USERS}) i`,
    `insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
       select 'new-' || i, 'note', '', 'text', now(), now() from generate_series(1, ${NEW_USERS}) i`,
  ])
    await database.query(statement);
});

test("whether a user's embeds are done is told without a look at the other users' tasks", async () => {
  await asUser(database.db, "user-7", async (tx) => {
    const ask = () => clusterWhenReady(tx, { id: RUN, job: "j", localDate: "2026-11-02" }, "user-7");
    expect(await rowsRead(tx, "task", ask)).toBeLessThan(5);
    const tasks = await tx.execute(sql`select step from task where user_id = 'user-7'`);
    expect(tasks.rows, "its embed has not ended").toEqual([{ step: "embed" }]);
  });
});

test("that a user has no budget is told without a look at the other users' usage", async () => {
  await asLedger(database.db, async (tx) => {
    const ask = () => lockBudgets(tx, "user-7", { userUsd: null, totalUsd: null });
    expect(await ask()).toMatchObject({ budgets: [], isMade: true });
    expect(await rowsRead(tx, "usage", ask)).toBeLessThan(5);
  });
});

test("users with nothing but new notes are told without a look at those who were planned before", async () => {
  const userIds = Array.from({ length: NEW_USERS }, (_, i) => `new-${i + 1}`);
  const model = { model: "m", dimensions: 64 };
  await asLedger(database.db, async (tx) => {
    const asked = { runId: RUN, userIds, maxNotes: 100, hashedBefore: "2026-10-26" };
    const ask = async () => {
      const users = await usersWithNewNotes(tx, model, asked);
      expect(users).toHaveLength(NEW_USERS);
    };
    expect(await rowsRead(tx, "run_user", ask)).toBeLessThan(USERS / 10);
    expect(await rowsRead(tx, "user_state", ask)).toBeLessThan(USERS / 10);
  });
});
