import { setImmediate } from "node:timers/promises";
import { BudgetSpentError } from "@noctuary/core/budget/budget-problems";
import { purseOf } from "@noctuary/core/budget/purse";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { asLedger } from "@noctuary/db/access";
import { budgetOverview } from "@noctuary/db/budget/budget-month";
import { expect, test } from "vitest";
import { openTestDatabase } from "../support/test-database.ts";
import { figures, newSeed } from "./figures.ts";

const WORKERS = 50;
const USERS = 10;
const MOST_USD = 0.006;

test("fifty workers that race for the last cents never use more than there is", async () => {
  const seed = newSeed();
  const random = seededRandom(seed);
  const database = await openTestDatabase({ maxConnections: WORKERS });
  const budgets = { userUsd: 0.3, totalUsd: 2 };
  const paid = new Map<string, number>();
  let requests = 0;
  let refused = 0;
  let mostAtOnce = 0;
  let setAside = 0;
  let used = 0;
  const worker = async (number: number) => {
    // Some users have many workers, so that both kinds of limits are reached.
    const userId = `user-${number < WORKERS / 2 ? number % 2 : number % USERS}`;
    const purse = purseOf({ db: database.db, budgets }, userId, "embeddings");
    for (;;) {
      try {
        const most = MOST_USD * (0.2 + 0.8 * random());
        const reservation = await purse.reserve(most);
        setAside += most;
        mostAtOnce = Math.max(mostAtOnce, used + setAside);
        await setImmediate();
        // Some end without anybody knowing what they cost, and some were free.
        const fate = random();
        const cost = fate < 0.05 ? null : fate < 0.1 ? 0 : most * (0.5 + 0.5 * random());
        requests += 1;
        // Counted before others may use what is given back.
        setAside -= most;
        used += cost ?? most;
        paid.set(userId, (paid.get(userId) ?? 0) + (cost ?? most));
        await reservation.settle(cost);
      } catch (error) {
        if (!(error instanceof BudgetSpentError)) throw error;
        refused += 1;
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)));
  const { totalUsed, users } = await asLedger(database.db, (tx) => budgetOverview(tx, budgets));
  figures("50 workers race for the last cents of a budget", {
    seed,
    requests,
    refused,
    "used of 2 dollars": `${((100 * used) / budgets.totalUsd).toFixed(1)} %`,
    "most used and set aside at once": `${((100 * mostAtOnce) / budgets.totalUsd).toFixed(1)} %`,
    "most of a user's": `${((100 * Math.max(...paid.values())) / budgets.userUsd).toFixed(1)} %`,
  });
  expect(mostAtOnce).toBeLessThanOrEqual(budgets.totalUsd + 1e-9);
  for (const [userId, usd] of paid) expect(usd, userId).toBeLessThanOrEqual(budgets.userUsd + 1e-9);
  // What is left is less than what the requests under way had set aside.
  expect(used).toBeGreaterThan(budgets.totalUsd - WORKERS * MOST_USD);
  expect(totalUsed.spentUsd).toBeCloseTo(used, 9);
  expect(totalUsed.reservedUsd).toBe(0);
  for (const { userId, usedUsd } of users) expect(usedUsd).toBeCloseTo(paid.get(userId)!, 9);
  await database.close();
});
