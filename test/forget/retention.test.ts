import { forgetWholeUser } from "@noctuary/core/nightly-cluster/forget-whole-user";
import { asLedger } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { sql } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;
beforeEach(async () => {
  await putNotes(database, "ada", themedNotes(12));
  night = await openNight(database, { environment: { NOCTUARY_RETENTION_DAYS: "60" } });
});
afterEach(() => night.close());

const ageAudit = (days: number) =>
  database.query("update noctuary.audit_log set at = at - $1 * interval '1 day'", [days]);
const ageRuns = (days: number) =>
  database.query(
    "update noctuary.run set created_at = created_at - $1 * interval '1 day', finished_at = finished_at - $1 * interval '1 day'",
    [days],
  );
const count = async (table: string, where = "true") =>
  (await database.query<{ n: number }>(`select count(*)::int as n from noctuary.${table} where ${where}`))[0]!
    .n;

test("audit rows and runs go with the night after their retention, with tasks and messages; younger ones stay", async () => {
  const old = await night.run();
  const audited = await count("audit_log");
  await Promise.all([ageAudit(59), ageRuns(59)]);
  await night.run({}, "2026-11-03T07:00:00Z");
  expect([await count("run"), (await count("audit_log")) >= audited]).toEqual([2, true]);
  await Promise.all([ageAudit(2), ageRuns(2)]);
  const last = await night.run({}, "2026-11-04T07:00:00Z");
  expect(await count("run", `id = '${old.id}'`)).toBe(0);
  for (const table of ["task", "run_user"]) expect(await count(table, `run_id = '${old.id}'`), table).toBe(0);
  expect(await count("outbox", "not exists (select from noctuary.task t where t.id = task_id)")).toBe(0);
  expect(await count("audit_log", "at < clock_timestamp() - interval '60 days'")).toBe(0);
  expect(last.status).toBe("done");
  expect(await count("cluster"), "what was made of the notes stays").toBeGreaterThan(0);
});

test("more audit rows than one transaction takes are all removed", async () => {
  await database.query(`insert into noctuary.audit_log (user_id, actor, action, counts)
    select 'ada', 'a', 'b', '{}' from generate_series(1, 12001)`);
  await ageAudit(61);
  await night.run();
  expect(await count("audit_log", "actor = 'a'")).toBe(0);
});

test("months of budgets go with the night after the retention that begins at their end", async () => {
  await database.query(`insert into noctuary.budget_month (user_id, month, spent_usd)
    select user_id, (date_trunc('month', clock_timestamp() at time zone 'UTC') - n * interval '1 month')::date, n
    from generate_series(0, 5) n, unnest(array['', 'ada']) user_id`);
  await night.run();
  const kept = await database.query<{ n: number; day: string }>(
    `select count(*)::int as n, min(month + interval '1 month')::text as day from noctuary.budget_month`,
  );
  // The present month and the two before it, or three on the first days of a month.
  expect([6, 8]).toContain(kept[0]!.n);
  expect(Date.parse(`${kept[0]!.day}Z`)).toBeGreaterThan(Date.now() - 61 * 86_400_000);
});

test("a run that is still open is kept however old it is", async () => {
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  await ageRuns(100);
  await night.run({ userIds: ["nobody"] }, "2026-11-03T07:00:00Z");
  expect(await count("run", `id = '${runId}'`)).toBe(1);
});

test("the database refuses to remove an audit row of this month", async () => {
  await asLedger(database.db, (tx) => audit(tx, { userId: "ada", actor: "a", action: "b", counts: {} }));
  await ageAudit(29);
  const removed = await asLedger(database.db, (tx) => tx.execute(sql`delete from audit_log`));
  expect([removed.rowCount, await count("audit_log")]).toEqual([0, 1]);
});

test("somebody who is forgotten while a run is under way is gone from it with the next night, and stays where they come back", async () => {
  const first = await night.run({ userIds: ["ada"] });
  await putNotes(database, "ada", themedNotes(14));
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-03T07:00:00Z", options: {} });
  await database.query("delete from noctuary.own_note");
  await forgetWholeUser({ db: database.db }, "ada", { actor: "forget" });
  expect(await count("run_user", "user_id = 'ada'"), "of the open run alone").toBe(1);
  expect(await database.query("select options from noctuary.run where id = $1", [first.id])).toEqual([
    { options: { userIds: [""] } },
  ]);
  await night.finish(runId);
  await putNotes(database, "ada", themedNotes(12));
  await night.run({}, "2026-11-04T07:00:00Z");
  const runs = await database.query<{ id: string }>(
    "select run_id as id from noctuary.run_user where user_id = 'ada' union select run_id from noctuary.task where user_id = 'ada'",
  );
  expect(runs).toHaveLength(1);
  expect(runs[0]!.id).not.toBe(runId);
});
