import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { MachineDied, type Mortality, mortal } from "../support/mortal.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";

const AS_OF = "2026-11-02T07:30:00Z";
const USERS = 502;
const database = emptiedDatabase();
let night: Night | undefined;

beforeEach(async () => {
  await database.query(
    `insert into noctuary.user_state (user_id) select 'user-' || i from generate_series(1, ${USERS}) as i`,
  );
});
afterEach(() => night?.close());

const start = (userIds?: string[]) =>
  night!.start(
    { trigger: "manual", asOf: AS_OF, options: userIds === undefined ? {} : { userIds } },
    "nightly-stacks",
  );
const planned = () =>
  database.query<{ user_id: string; tasks: number }>(
    `select user_id, count(*)::int as tasks from noctuary.task where step = 'stacks' group by 1 order by 1`,
  );

test("each user gets one task, whatever the number of users", async () => {
  night = await openNight(database);
  await start();
  const tasks = await planned();
  expect(tasks).toHaveLength(USERS);
  expect(tasks.every((user) => user.tasks === 1)).toBe(true);
});

test("only the users that were asked for get a task", async () => {
  night = await openNight(database);
  await start(["user-7", "user-12"]);
  expect((await planned()).map((user) => user.user_id)).toEqual(["user-12", "user-7"]);
});

test.each([4, 5, 6, 7])(
  "a plan that is killed before its deed %i goes on, and each user still gets one task",
  async (n) => {
    const mortality: Mortality = { deeds: 0, diesBefore: n };
    night = await openNight(database, { wrap: (context) => mortal(context, mortality) });
    await start().catch((error) => expect(error.message).toContain(MachineDied.name));
    mortality.diesBefore = Number.POSITIVE_INFINITY;
    await expireLeases(database);
    await night.reconcile();
    await night.deliver("nightly-stacks", await night.receive("nightly-stacks"));
    const tasks = await planned();
    expect(tasks).toHaveLength(USERS);
    expect(tasks.every((user) => user.tasks === 1)).toBe(true);
  },
);
