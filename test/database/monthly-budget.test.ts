import { budgetLeftUsd, purseOf } from "@noctuary/core/budget/purse";
import { noBudgets } from "@noctuary/core/context";
import { affordable, llmUsageEntry } from "@noctuary/core/llm/budget";
import type { Question } from "@noctuary/core/llm/llm";
import { asLedger, asUser } from "@noctuary/db/access";
import { addUsage } from "@noctuary/db/account/account";
import { type BudgetLimits, budgetOverview } from "@noctuary/db/budget/budget-month";
import { anonymiseUsage } from "@noctuary/db/notes/note";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type OwnedClock, ownLedgerClock } from "../support/ledger-clock.ts";

const database = emptiedDatabase();
let clock: OwnedClock;
beforeAll(async () => {
  clock = await ownLedgerClock(database, Date.parse("2026-10-15T12:00:00Z"));
});
beforeEach(() => clock.set(Date.parse("2026-10-15T12:00:00Z")));

const spend = (userId: string, day: string, costUsd: number | null, model = "gpt-4.1-mini") =>
  asUser(database.db, userId, (tx) =>
    addUsage(
      tx,
      userId,
      llmUsageEntry({ model }, day, 1, { requests: 1, inputTokens: 10, outputTokens: 5, costUsd }),
    ),
  );
const left = (userId: string, set: BudgetLimits = noBudgets) =>
  asUser(database.db, userId, (tx) => budgetLeftUsd(tx, set, userId, "embeddings"));
const purse = (userId: string, set: BudgetLimits) =>
  purseOf({ db: database.db, budgets: set }, userId, "embeddings");
const overview = (set: BudgetLimits) => asLedger(database.db, (tx) => budgetOverview(tx, set));

test("a month's budget counts that month's dollars of that user, whatever the model", async () => {
  await database.query(
    "insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('u', 1), ('broke', 0)",
  );
  expect(await left("u")).toBe(1);
  await spend("u", "2026-10-01", 0.25);
  await spend("u", "2026-10-31", 0.25, "text-embedding-3-small");
  await spend("u", "2026-09-30", 0.5);
  await spend("u", "2026-11-01", 0.5);
  await spend("v", "2026-10-15", 0.5);
  expect(await left("u")).toBeCloseTo(0.5, 12);
  await spend("u", "2026-10-20", 7);
  expect(await left("u")).toBe(0);
  expect(await left("broke")).toBe(0);
  expect(await left("v")).toBe(Number.POSITIVE_INFINITY);
});

test("a user's own limit goes before the one of all users, and each user has one of their own", async () => {
  await database.query("insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('own', 3)");
  const set = { userUsd: 1, totalUsd: null };
  expect(await left("own", set)).toBe(3);
  await (await purse("u", set).reserve(1)).settle(1);
  expect(await left("u", set)).toBe(0);
  expect(await left("v", set)).toBe(1);
});

test("what is set aside is not there for others, and what was not used comes back", async () => {
  const set = { userUsd: null, totalUsd: 1 };
  const reservation = await purse("u", set).reserve(0.9);
  await expect(purse("v", set).reserve(0.2)).rejects.toMatchObject({ code: "budget_spent_total" });
  await reservation.settle(0.1);
  const other = await purse("v", set).reserve(0.2);
  await other.settle(0.2);
  expect(await left("v", set)).toBeCloseTo(0.7, 12);
});

test("where nobody knows what a request has cost, all that was set aside is spent", async () => {
  const set = { userUsd: 1, totalUsd: 1 };
  await (await purse("u", set).reserve(0.4)).settle(null);
  expect(await left("u", set)).toBeCloseTo(0.6, 12);
  expect((await overview(set)).totalUsed).toEqual({ spentUsd: 0.4, reservedUsd: 0 });
});

test("a refusal by one budget takes nothing from the other", async () => {
  const set = { userUsd: 0.5, totalUsd: 10 };
  await expect(purse("u", set).reserve(0.6)).rejects.toMatchObject({ code: "budget_spent_user" });
  expect((await overview(set)).totalUsed).toEqual({ spentUsd: 0, reservedUsd: 0 });
});

test("a limit that is set in the middle of a month counts what was used before", async () => {
  await spend("v", "2026-10-02", 0.8);
  const set = { userUsd: null, totalUsd: 1 };
  await expect(purse("u", set).reserve(0.3)).rejects.toMatchObject({ code: "budget_spent_total" });
  await (await purse("u", set).reserve(0.2)).settle(0.2);
  // Without a limit for a while: nobody counted but the usage.
  await spend("v", "2026-10-20", 0.5);
  await clock.set(clock.now() + 3_600_001);
  await expect(purse("u", { userUsd: null, totalUsd: 1.4 }).reserve(0.2)).rejects.toMatchObject({
    code: "budget_spent_total",
  });
});

test("another month begins with nothing spent, at midnight UTC by the database's clock", async () => {
  const set = { userUsd: 1, totalUsd: 1 };
  await clock.set(Date.parse("2026-10-31T23:59:59Z"));
  const late = await purse("u", set).reserve(1);
  await clock.set(Date.parse("2026-11-01T00:00:00Z"));
  expect(await left("u", set)).toBe(1);
  await (await purse("u", set).reserve(0.25)).settle(0.25);
  await late.settle(1); // belongs to the month in which it was set aside
  expect(await left("u", set)).toBeCloseTo(0.75, 12);
});

test("what costs nothing needs no budget, and what has no price gets none", async () => {
  const set = { userUsd: 0, totalUsd: 0 };
  await (await purse("u", set).reserve(0)).settle(0);
  await expect(purse("u", set).reserve(null)).rejects.toMatchObject({ code: "budget_price_unknown" });
  await (await purse("u", noBudgets).reserve(null)).settle(null);
});

describe("where the money is ample", () => {
  const set = { userUsd: 1, totalUsd: 10 };
  const total = async () => (await overview(set)).totalUsed;

  test("what is expected is set aside once, and requests take theirs out of it", async () => {
    {
      await using own = purse("u", set);
      own.expect(() => 0.006);
      const first = await own.reserve(0.002);
      expect(await total()).toEqual({ spentUsd: 0, reservedUsd: 0.006 });
      const second = await own.reserve(0.003);
      await first.settle(0.001);
      await second.settle(null);
      // Nothing is written down between them.
      expect(await total()).toEqual({ spentUsd: 0, reservedUsd: 0.006 });
    }
    expect(await total()).toEqual({ spentUsd: 0.004, reservedUsd: 0 });
  });

  test("what goes beyond it is set aside as it is asked for", async () => {
    await using own = purse("u", set);
    own.expect(() => 0.001);
    const first = await own.reserve(0.001);
    const second = await own.reserve(0.5);
    expect((await total()).reservedUsd).toBeCloseTo(0.501, 9);
    await Promise.all([first.settle(0), second.settle(0)]);
  });

  test("nothing is set aside beforehand where there is less than a hundred times as much", async () => {
    await using own = purse("u", set);
    own.expect(() => 0.02);
    await own.reserve(0.005);
    expect(await total()).toEqual({ spentUsd: 0, reservedUsd: 0.005 });
  });

  test("a worker that dies leaves set aside what it expected", async () => {
    const dead = purse("u", set);
    dead.expect(() => 0.006);
    await dead.reserve(0.002);
    expect(await left("u", set)).toBeCloseTo(0.994, 9);
  });
});

test("near the limit a rough bound is not believed", async () => {
  const set = { userUsd: null, totalUsd: 1 };
  const asked: string[] = [];
  const exactly = (usd: number) => async () => {
    asked.push(`${usd}`);
    return usd;
  };
  const own = purse("u", set);
  await (await own.reserve(0.009, exactly(0.003))).settle(0.003);
  expect(asked).toEqual([]);
  await (await own.reserve(0.8, exactly(0.3))).settle(0.3);
  await (await own.reserve(2, exactly(0.697))).settle(0.697);
  expect(asked).toEqual(["0.3", "0.697"]);
  await expect(own.reserve(2, exactly(0.001))).rejects.toMatchObject({ code: "budget_spent_total" });
  expect((await overview(set)).totalUsed).toEqual({ spentUsd: 1, reservedUsd: 0 });
});

test("a user who is forgotten takes their budget along, and all users' keeps what was spent", async () => {
  const set = { userUsd: 1, totalUsd: 1 };
  await (await purse("u", set).reserve(0.25)).settle(0.25);
  await asLedger(database.db, (tx) => anonymiseUsage(tx, "u"));
  expect(await database.query("select user_id, spent_usd::float8 as usd from noctuary.budget_month")).toEqual(
    [{ user_id: "", usd: 0.25 }],
  );
});

test("whoever looks sees who has used up what", async () => {
  await database.query("insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('own', 3)");
  await spend("own", "2026-10-02", 2.5);
  await spend("u", "2026-10-02", 0.5);
  expect(await overview({ userUsd: 1, totalUsd: 10 })).toEqual({
    month: "2026-10-01",
    totalUsed: { spentUsd: 3, reservedUsd: 0 },
    users: [
      { userId: "own", limitUsd: 3, usedUsd: 2.5 },
      { userId: "u", limitUsd: 1, usedUsd: 0.5 },
    ],
  });
  expect((await overview(noBudgets)).users).toEqual([{ userId: "own", limitUsd: 3, usedUsd: 2.5 }]);
});

describe("of several questions", () => {
  const questions = [1, 2, 3] as unknown as Question<unknown>[];
  const priced = { atMost: () => ({ tokens: 100, costUsd: 0.4 }) };
  const unpriced = { atMost: () => ({ tokens: 100, costUsd: null }) };

  test("as many are asked as fit into the budget if each costs the most it can", () => {
    expect(affordable(priced, questions, 1)).toEqual([1, 2]);
    expect(affordable(priced, questions, 0.39)).toEqual([]);
    expect(affordable(priced, questions, Number.POSITIVE_INFINITY)).toEqual([1, 2, 3]);
  });

  test("none is asked under a limit when the price is not known", () => {
    expect(affordable(unpriced, questions, 1_000)).toEqual([]);
    expect(affordable(unpriced, questions, Number.POSITIVE_INFINITY)).toEqual([1, 2, 3]);
  });
});
