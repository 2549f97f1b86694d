import type { Context } from "@noctuary/core/context";
import { asUser } from "@noctuary/db/access";
import { raiseVersion } from "@noctuary/db/account/account";
import { beforeEach, expect, test } from "vitest";
import { deleteNotes, putNotes } from "../support/notes.ts";
import { breadBegins, mornings } from "./mornings.ts";

/** Called before each transaction that the functions open. */
let beforeTransaction: () => Promise<void>;
const morning = mornings({ wrap: withTransactionsAnnounced });
const { database } = morning;
const bread = breadBegins().filter(({ id }) => id.startsWith("bread-"));

beforeEach(async () => {
  beforeTransaction = () => Promise.resolve();
  await morning.clusters();
});

function withTransactionsAnnounced(context: Context): Context {
  const { db } = context;
  const transaction: typeof db.drizzle.transaction = async (work, config) => {
    await beforeTransaction();
    return db.drizzle.transaction(work, config);
  };
  const drizzle = new Proxy(db.drizzle, {
    get: (target, key) => (key === "transaction" ? transaction : Reflect.get(target, key, target)),
  });
  return { ...context, db: { ...db, drizzle } };
}

/** Does something just before the transaction that saves: after the look at the night, and the load. */
async function stacksWhile(meanwhile: () => Promise<void>): Promise<void> {
  const { runId } = await morning.night.start(
    { trigger: "manual", asOf: "2026-11-02T08:00:00Z", options: {} },
    "nightly-stacks",
  );
  let transactions = 0;
  beforeTransaction = async () => {
    transactions += 1;
    if (transactions === 3) await meanwhile();
  };
  await morning.night.deliver("stacks", await morning.night.receive("stacks"));
  beforeTransaction = () => Promise.resolve();
  const [task] = await database.query("select status, attempts from noctuary.task where step = 'stacks'");
  expect(task, "done again at once, at the cost of no attempt").toEqual({ status: "done", attempts: 1 });
  await morning.night.finish(runId);
}
const behind = async () =>
  (await database.query<{ note_id: string }>("select note_id from noctuary.smart_stack_note")).map(
    (row) => row.note_id,
  );

test.each([
  ["excluded", () => putNotes(database, "u", [{ ...bread[3]!, aiExcluded: true }])],
  ["deleted", () => deleteNotes(database, "u", [bread[3]!.id])],
])("a note that is %s while the stacks are decided is in none", async (_, takeAway) => {
  await stacksWhile(takeAway);
  expect((await behind()).length).toBeGreaterThan(3);
  expect(await behind()).not.toContain(bread[3]!.id);
});

test("clusters that another run saves meanwhile are the ones that the stacks are made of", async () => {
  await stacksWhile(async () => {
    await database.query("update noctuary.cluster_membership set loose = true where note_id = $1", [
      bread[3]!.id,
    ]);
    await asUser(database.db, "u", (tx) => raiseVersion(tx, "u"));
  });
  expect(await behind()).not.toContain(bread[3]!.id);
});
