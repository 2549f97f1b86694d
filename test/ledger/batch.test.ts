import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const USERS = ["u1", "u2", "u3"];

let database: TestDatabase;
let night: Night;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.empty();
  for (const user of USERS) await putNotes(database, user, themedNotes(4));
  night = await openNight(database);
});
afterEach(() => night.close());

const embeds = () =>
  database.query<{ status: string; attempts: number }>(
    "select status, attempts from noctuary.task where step = 'embed' order by status",
  );

test("an invocation works on all tasks of its batch, and hands on what they leave", async () => {
  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  expect(await night.deliver("embed", await night.receive("embed"))).toEqual([]);
  expect(await embeds()).toEqual(USERS.map(() => ({ status: "done", attempts: 1 })));
  expect(await night.receive("cluster")).toHaveLength(USERS.length);
});

test("tasks that the time may not suffice for are announced again, at the cost of no attempt", async () => {
  const asOf = "2026-11-02T07:00:00Z";
  const { runId } = await night.start({ trigger: "manual", asOf, options: {} });
  const tooShortForTwo = 50_000;
  expect(await night.deliver("embed", await night.receive("embed"), tooShortForTwo)).toEqual([]);
  expect(await embeds()).toEqual([
    { status: "done", attempts: 1 },
    { status: "pending", attempts: 0 },
    { status: "pending", attempts: 0 },
  ]);
  expect(await night.receive("embed")).toHaveLength(2);
  expect((await night.finish(runId)).status).toBe("done");
});
