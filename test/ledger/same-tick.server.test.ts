import { afterAll, beforeAll, expect, test } from "vitest";
import { runsOfTick, sameTick } from "../../bench/same-tick/same-tick.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const SCHEDULERS = 50;
const TICKS = 20;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ maxConnections: SCHEDULERS });
});
afterAll(() => database.close());

test(`${SCHEDULERS} schedulers that fire the same tick at once make one run, ${TICKS} ticks long`, async () => {
  const found = await sameTick(database.db, { schedulers: SCHEDULERS, ticks: TICKS });
  console.info(
    `${SCHEDULERS} schedulers x ${TICKS} ticks: ${found.runs} runs, ${found.plans} plans, ${found.starters} started one`,
  );
  expect(found).toEqual({ runs: TICKS, plans: TICKS, starters: TICKS, sameRun: TICKS });
  expect(await runsOfTick(database.db)).toEqual(Array(TICKS).fill(1));
});
