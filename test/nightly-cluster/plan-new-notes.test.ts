import { randomUUID } from "node:crypto";
import { planNewNotes } from "@noctuary/core/nightly-cluster/plan-new-notes";
import { asLedger } from "@noctuary/db/access";
import { addRun } from "@noctuary/db/ledger/run";
import { addTasks } from "@noctuary/db/ledger/task";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let night: Night;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  await night.close();
  await database.close();
});

/** Accounts of every kind, the ids of their notes in the order of their names. */
async function putAccounts(): Promise<void> {
  await putNotes(database, "all new", themedNotes(9));
  await putNotes(database, "some excluded", [
    ...themedNotes(5),
    ...themedNotes(2, { from: 5 }).map((note) => ({ ...note, aiExcluded: true })),
  ]);
  await putNotes(database, "off", themedNotes(4));
  await database.query("insert into noctuary.user_setting (user_id, ai_enabled) values ('off', false)");
  for (const userId of ["grows", "changes", "touched", "shrinks", "loses all", "stays", "comes and goes"]) {
    await putNotes(database, userId, themedNotes(6));
  }
}

async function changeAccounts(): Promise<void> {
  const updatedAt = "2026-11-02T12:00:00Z";
  const fresh = themedNotes(2, { from: 50 });
  for (const userId of ["grows", "changes", "shrinks", "comes and goes"])
    await putNotes(database, userId, fresh);
  await putNotes(database, "changes", [{ ...themedNotes(1)[0]!, body: "Another text.", updatedAt }]);
  await putNotes(database, "touched", [{ ...themedNotes(1)[0]!, updatedAt }]);
  await deleteNotes(database, "shrinks", ["note-00001"]);
  await deleteNotes(
    database,
    "loses all",
    Array.from(themedNotes(6), ({ id }) => id),
  );
  // Deleted before anybody saw it.
  await putNotes(database, "comes and goes", themedNotes(1, { from: 90 }));
  await deleteNotes(database, "comes and goes", ["note-00090"]);
  await putNotes(database, "new tonight", themedNotes(3));
}

/** Two nights, and what was counted and kept; the ranges of tasks may be cut in another way. */
async function twoNights(environment: Record<string, string>) {
  night = await openNight(database, { environment });
  await putAccounts();
  await night.run();
  await changeAccounts();
  // Hashes were compared last night, or are to be again: both ways.
  for (const asOf of ["2026-11-03T07:00:00Z", "2026-11-12T07:00:00Z"]) {
    await putNotes(database, "grows", themedNotes(1, { from: Number(asOf.slice(8, 10)) + 60 }));
    await night.run({}, asOf);
  }
  const { embeddings, users, counted, memberships } = await outcomeOf(database);
  const embeds = await database.query(
    `select t.user_id, local_date, sum((payload->>'notes')::int)::int as notes from noctuary.task t
     join noctuary.run r on r.id = t.run_id where step = 'embed' group by 1, 2 order by 1, 2`,
  );
  const audited = await database.query(
    `select user_id, action, counts from noctuary.audit_log where actor = 'plan' order by at, user_id, counts::text`,
  );
  const placed = memberships.map(({ user_id, note_id }) => `${user_id} ${note_id}`);
  return {
    embeddings,
    users,
    counted,
    placed,
    embeds,
    audited: audited.map((entry) => JSON.stringify(entry)).sort(),
  };
}

test("accounts that are planned together come to the same as accounts that are looked at one by one", async () => {
  const begin = await database.keep();
  const together = await twoNights({});
  await night.close();
  await begin();
  // A page of one note leaves nobody who fits into a page.
  expect(await twoNights({ NOCTUARY_PLAN_PAGE_NOTES: "1" })).toEqual(together);
});

test("a plan that is killed after some accounts were planned together comes back to the others", async () => {
  night = await openNight(database);
  for (const userId of ["a", "b", "c"]) await putNotes(database, userId, themedNotes(4));
  await night.run();
  for (const userId of ["a", "b", "c"]) await putNotes(database, userId, themedNotes(2, { from: 30 }));
  // Nobody can tell without its hash whether this one needs another vector.
  const touched = { ...themedNotes(1)[0]!, updatedAt: "2026-11-02T12:00:00Z" };
  await putNotes(database, "a", [touched]);

  const runId = randomUUID();
  const run = (await asLedger(database.db, async (tx) => {
    const job = "nightly-cluster";
    const added = await addRun(tx, {
      id: runId,
      job,
      localDate: "2026-11-03",
      trigger: "manual",
      options: {},
      asOf: new Date("2026-11-03T07:00:00Z"),
    });
    await addTasks(tx, [{ id: randomUUID(), runId, step: "plan", queue: job, userId: null, payload: {} }]);
    return added;
  }))!;
  const scope = { context: night.context, run, tooManyInAll: false };
  expect(await planNewNotes(scope, ["a", "b", "c"])).toEqual(["a"]);
  expect(await planNewNotes(scope, ["a", "b", "c"]), "nobody is planned twice").toEqual(["a", "b", "c"]);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { users: 3, new: 6 } });
  const tasks = await database.query(
    "select user_id, count(*)::int as n from noctuary.task where run_id = $1 and step = 'embed' group by 1 order by 1",
    [runId],
  );
  expect(tasks).toEqual(["a", "b", "c"].map((user_id) => ({ user_id, n: 1 })));
});

test("workers have the first accounts' tasks before the others are planned", async () => {
  const plannedBySend: number[] = [];
  night = await openNight(database, {
    wrap: (context) => ({
      ...context,
      queue: {
        send: async (messages) => {
          const [counted] = await database.query("select count(*)::int as users from noctuary.run_user");
          plannedBySend.push(counted!.users);
          return context.queue.send(messages);
        },
      },
    }),
  });
  for (let i = 0; i < 101; i++)
    await putNotes(database, `user-${String(i).padStart(3, "0")}`, themedNotes(1));
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  expect(plannedBySend, "a hundred are planned together").toEqual([100, 101]);
});
