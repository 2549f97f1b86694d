import type { Budget } from "@noctuary/db/budget/budget-month";
import type { BudgetProblem } from "./budget-problems.ts";

/** What money is for, in the order in which it is done without: names and texts first, new embeddings last. */
export type Purpose = "words" | "embeddings";

/**
 * The share of each budget that a purpose may use up. Where four fifths are gone, no language model is asked any more, so
 * that notes written later in the month still get their vectors.
 */
export const SHARE: Readonly<Record<Purpose, number>> = { words: 0.8, embeddings: 1 };

/**
 * What is so small a part of what is left need not be known exactly, and may be set aside before it is asked for: a
 * hundred workers that do so at once leave room for each other.
 */
const AMPLE = 100;

/** Dollars are compared as whole millionths of a millionth, as the database stores them. */
const units = (usd: number) => Math.round(usd * 1e12);

/** Why a request that may cost so much is not made; null where every budget that holds has room for it. */
export function decideReservation(
  budgets: readonly Budget[],
  purpose: Purpose,
  usd: number | null,
): BudgetProblem | null {
  if (budgets.length === 0) return null;
  // Nobody could say that the limit holds.
  if (usd === null) return "budget_price_unknown";
  const spent = budgets.find(
    ({ limitUsd, usedUsd }) => units(usedUsd) + units(usd) > units(limitUsd * SHARE[purpose]),
  );
  return spent === undefined ? null : spent.scope === "user" ? "budget_spent_user" : "budget_spent_total";
}

/** Whether each budget that holds has room for this a hundred times over. */
export function isAmple(budgets: readonly Budget[], purpose: Purpose, usd: number): boolean {
  return decideReservation(budgets, purpose, usd * AMPLE) === null;
}

/** Dollars that a purpose may still use: 0 when they are spent, Infinity where nobody set a limit. */
export function leftOf(budgets: readonly Budget[], purpose: Purpose): number {
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...budgets.map(({ limitUsd, usedUsd }) => Math.max(0, limitUsd * SHARE[purpose] - usedUsd)),
  );
}
