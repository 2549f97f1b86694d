import type { Context } from "@noctuary/core/context";
import { asUser } from "@noctuary/db/access";
import { raiseVersion } from "@noctuary/db/account/account";
import { addEdit } from "@noctuary/db/clusters/cluster-edit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const database = databaseOfFile();
let night: Night;
/** Called before each transaction that the functions open, with its number. */
let beforeTransaction: (number: number) => Promise<void>;

beforeEach(async () => {
  beforeTransaction = () => Promise.resolve();
  await database.empty();
  await putNotes(database, "u", themedNotes(20));
  night = await openNight(database, { wrap: withTransactionsAnnounced });
});
afterEach(() => night.close());

function withTransactionsAnnounced(context: Context): Context {
  const { db } = context;
  let number = 0;
  const transaction: typeof db.drizzle.transaction = async (work, config) => {
    number += 1;
    await beforeTransaction(number);
    return db.drizzle.transaction(work, config);
  };
  const drizzle = new Proxy(db.drizzle, {
    get: (target, key) => (key === "transaction" ? transaction : Reflect.get(target, key, target)),
  });
  return { ...context, db: { ...db, drizzle } };
}

/** Brings a run to the point where only the user's clustering is left. */
async function startToCluster() {
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  await night.deliver("embed", await night.receive("embed"));
  return { runId, messages: await night.receive("cluster") };
}

/** The transactions of one clustering after the one that claims it, up to the one that saves. */
const MOMENTS = ["load", "read names", "save"];

/** Delivers the cluster message, and does something just before the n-th transaction after the claim. */
async function clusterWhile(moment: number, meanwhile: () => Promise<void>) {
  const { runId, messages } = await startToCluster();
  let transactions = 0;
  beforeTransaction = async () => {
    transactions += 1;
    if (transactions === moment + 2) await meanwhile();
  };
  await night.deliver("cluster", messages);
  beforeTransaction = () => Promise.resolve();
  const task = await database.query(
    "select status, attempts from noctuary.task where step = 'cluster' and run_id = $1",
    [runId],
  );
  expect(task, "done again at once, at the cost of no attempt").toEqual([{ status: "done", attempts: 1 }]);
  expect((await night.finish(runId)).status).toBe("done");
}

const members = async () =>
  (
    await database.query<{ note_id: string }>("select note_id from noctuary.cluster_membership order by 1")
  ).map((row) => row.note_id);

test.each(MOMENTS.map((name, moment) => ({ name, moment })))(
  "a vector that another run saves before `$name` is in the clusters",
  async ({ moment }) => {
    await clusterWhile(moment, async () => {
      await putNotes(database, "u", [{ ...themedNotes(1)[0]!, id: "late" }]);
      await asUser(database.db, "u", (tx) => raiseVersion(tx, "u"));
      await database.query(`insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
        select user_id, 'late', model, dimensions, content_hash, vector, seen_updated_at from noctuary.note_embedding where note_id = 'note-00000'`);
    });
    expect(await members()).toContain("late");
  },
);

test.each(MOMENTS.map((name, moment) => ({ name, moment })))(
  "a note that is excluded or deleted before `$name` is in no cluster, though nobody raised the version",
  async ({ moment }) => {
    await clusterWhile(moment, async () => {
      await putNotes(database, "u", [{ ...themedNotes(1)[0]!, aiExcluded: true }]);
      await deleteNotes(database, "u", ["note-00001"]);
    });
    expect(await members()).toHaveLength(18);
    expect(await members()).not.toContain("note-00000");
  },
);

test.each(MOMENTS.map((name, moment) => ({ name, moment })))(
  "what the user decides before `$name` is kept by this very night",
  async ({ moment }) => {
    expect((await night.run()).status).toBe("done");
    await putNotes(database, "u", themedNotes(1, { from: 20 }));
    const [{ id: clusterId } = { id: "" }] = await database.query<{ id: string }>(
      "select cluster_id as id from noctuary.cluster_membership where note_id = 'note-00000'",
    );
    await clusterWhile(moment, async () => {
      await asUser(database.db, "u", (tx) => addEdit(tx, "u", { kind: "rename", clusterId, name: "Loaves" }));
    });
    expect(
      await database.query("select name, named_by from noctuary.cluster where id = $1", [clusterId]),
    ).toEqual([{ name: "Loaves", named_by: "user" }]);
    expect(await database.query("select outcome from noctuary.cluster_edit")).toEqual([{ outcome: "kept" }]);
  },
);

test("a user whose data never comes to rest is tried again later, and costs an attempt", async () => {
  const { runId, messages } = await startToCluster();
  beforeTransaction = async () => {
    await asUser(database.db, "u", (tx) => raiseVersion(tx, "u"));
  };
  await night.deliver("cluster", messages);
  beforeTransaction = () => Promise.resolve();
  const task = await database.query(
    "select status, attempts, error from noctuary.task where step = 'cluster'",
  );
  expect(task).toEqual([
    { status: "pending", attempts: 1, error: { class: "VersionConflictError", code: "version_conflict" } },
  ]);
  expect((await night.finish(runId)).status).toBe("done");
});

test("two runs over one user at the same time leave one consistent set of clusters", async () => {
  const runs = await Promise.all([
    night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} }),
    night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: { full: true } }),
  ]);
  await night.deliver("embed", await night.receive("embed"));
  const messages = await night.receive("cluster");
  await Promise.all(messages.map((message) => night.deliver("cluster", [message])));
  for (const { runId } of runs) expect((await night.finish(runId)).status).toBe("done");
  const wrong = await database.query(`
    select c.id from noctuary.cluster c where c.level = 'topic' and c.size <> (
      select count(*) from noctuary.cluster_membership m where m.user_id = c.user_id and m.cluster_id = c.id)`);
  expect(wrong).toEqual([]);
  expect(await members()).toHaveLength(20);
});
