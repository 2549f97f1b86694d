import { affordable, budgetLeftUsd, llmUsageEntry } from "@noctuary/core/llm/budget";
import type { Question } from "@noctuary/core/llm/llm";
import { asUser } from "@noctuary/db/access";
import { addUsage } from "@noctuary/db/account/account";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const spend = (userId: string, day: string, costUsd: number | null, model = "gpt-4.1-mini") =>
  asUser(database.db, userId, (tx) =>
    addUsage(
      tx,
      userId,
      llmUsageEntry({ model }, day, 1, { requests: 1, inputTokens: 10, outputTokens: 5, costUsd }),
    ),
  );
const left = (userId: string, day: string) =>
  asUser(database.db, userId, (tx) => budgetLeftUsd(tx, userId, day));

test("a month's budget counts that month's dollars of that user, whatever the model", async () => {
  await database.query(
    "insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('u', 1), ('broke', 0)",
  );
  expect(await left("u", "2026-10-31")).toBe(1);
  await spend("u", "2026-10-01", 0.25);
  await spend("u", "2026-10-31", 0.25, "text-embedding-3-small");
  await spend("u", "2026-09-30", 0.5);
  await spend("u", "2026-11-01", 0.5);
  await spend("v", "2026-10-15", 0.5);
  expect(await left("u", "2026-10-15")).toBeCloseTo(0.5, 12);
  await spend("u", "2026-10-20", 7);
  expect(await left("u", "2026-10-15")).toBe(0);
  expect(await left("broke", "2026-10-15")).toBe(0);
  expect(await left("v", "2026-10-15")).toBe(Number.POSITIVE_INFINITY);
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
