import { randomUUID } from "node:crypto";
import { asLedger } from "@noctuary/db/access";
import { addTasks } from "@noctuary/db/ledger/task";
import { beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";

const RUNS = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];
const database = emptiedDatabase();

beforeEach(async () => {
  for (const id of RUNS)
    await database.query(
      `insert into noctuary.run (id, job, local_date, trigger, options, as_of)
       values ('${id}', 'nightly-cluster', now(), 'manual', '{}', now())`,
    );
});

const add = (step: string, userId: string | null, runId = RUNS[0]!) =>
  asLedger(database.db, (tx) =>
    addTasks(tx, [{ id: randomUUID(), runId, step, queue: step, userId, payload: {} }]),
  );

test.each([
  ["plan", null],
  ["cluster", "u"],
])("a run has one %s, of a user where it is a user's, whoever asks for another", async (step, userId) => {
  expect(await add(step, userId)).toBe(1);
  expect(await Promise.all([add(step, userId), add(step, userId)])).toEqual([0, 0]);
  expect(await database.query("select step from noctuary.task")).toEqual([{ step }]);
  expect(await database.query("select queue from noctuary.outbox"), "nor a message").toEqual([
    { queue: step },
  ]);
});

test("another run, another user and another step have their own, and embeds are as many as it takes", async () => {
  const added = [
    await add("cluster", "u"),
    await add("cluster", "v"),
    await add("stacks", "u"),
    await add("cluster", "u", RUNS[1]),
    await add("plan", null),
    await add("plan", null, RUNS[1]),
    await add("embed", "u"),
    await add("embed", "u"),
  ];
  expect(added).toEqual(added.map(() => 1));
});
