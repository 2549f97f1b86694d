import { asLedger, type LedgerTransaction, type UserTransaction } from "@noctuary/db/access";
import {
  addReservation,
  type BudgetLimits,
  budgetsOf,
  lockBudgets,
  openBudgets,
  settleReservation,
} from "@noctuary/db/budget/budget-month";
import type { Context } from "../context.ts";
import { BudgetSpentError } from "./budget-problems.ts";
import { decideReservation, leftOf, type Purpose } from "./decide-reservation.ts";

/** Dollars that were set aside for one request. */
export interface Reservation {
  /** What the request has cost; null where nobody knows: then all that was set aside counts as spent. Never rejects. */
  settle(usd: number | null): Promise<void>;
}

/** Whoever makes requests for one user pays for each of them out of this. */
export interface Purse {
  /**
   * Sets aside what a request may cost at the most, in every budget that holds for the user; null: its price is not known.
   *
   * @throws {BudgetSpentError} where one of them has no room for it: the request must not be made
   */
  reserve(mostUsd: number | null): Promise<Reservation>;
}

/** What a request costs that nobody has a budget for. */
const unlimited: Reservation = { settle: async () => {} };

/**
 * The purse of one user, for one purpose. What is set aside is a change of a row in the database, so that all workers
 * together never use more than there is. A worker that dies after it has leaves the money set aside for the rest of the
 * month: its request may have been paid for, and a budget that is a limit must count it.
 */
export function purseOf(
  { db, budgets: set }: Pick<Context, "db" | "budgets">,
  userId: string,
  purpose: Purpose,
): Purse {
  let known: Promise<BudgetLimits & { month: string }> | undefined;
  return {
    async reserve(mostUsd) {
      if (mostUsd === 0) return unlimited;
      // Limits do not change within a task: without one, its other requests cost no statement.
      known ??= asLedger(db, (tx) => openBudgets(tx, userId, set));
      const limits = await known;
      if (limits.userUsd === null && limits.totalUsd === null) return unlimited;
      const { month } = limits;
      await asLedger(db, async (tx) => {
        const budgets = await lockBudgets(tx, userId, limits);
        const problem = decideReservation(budgets, purpose, mostUsd);
        if (problem !== null) throw new BudgetSpentError(problem);
        await addReservation(tx, userId, { month, usd: mostUsd!, budgets });
      });
      return {
        async settle(usd) {
          const settled = { month, usd: mostUsd!, spentUsd: usd ?? mostUsd!, limits };
          // What was paid for is not lost because nobody could be told of it: it stays set aside, and counts.
          await asLedger(db, (tx) => settleReservation(tx, userId, settled)).catch(() => {});
        },
      };
    },
  };
}

/** Dollars that may still be used for a user and a purpose this month; Infinity where nobody set a limit. */
export async function budgetLeftUsd(
  tx: LedgerTransaction | UserTransaction,
  set: BudgetLimits,
  userId: string,
  purpose: Purpose,
): Promise<number> {
  return leftOf(await budgetsOf(tx, userId, set), purpose);
}
