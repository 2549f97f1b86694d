import type { Budget } from "@noctuary/db/budget/budget-month";
import type { BudgetProblem } from "./budget-problems.ts";
import { decideReservation, isAmple, type Purpose } from "./decide-reservation.ts";

/** What one request may cost at the most; null: its price is not known. A rough bound may be far too much. */
export interface Wish {
  usd: number | null;
  isRough: boolean;
}

export type Granted = "yes" | "too rough" | BudgetProblem;

/**
 * What is set aside in the budgets for requests that are to be made now, in their order, and where the money is ample for
 * those that are expected after them.
 *
 * @param freeUsd what is set aside already and for no request yet
 * @param expectedUsd what all requests to come may cost, these included
 */
export function decideDraw(
  budgets: readonly Budget[],
  purpose: Purpose,
  { wanted, freeUsd, expectedUsd }: { wanted: readonly Wish[]; freeUsd: number; expectedUsd: number },
): { granted: Granted[]; usd: number; freeUsd: number; isAhead: boolean } {
  let free = freeUsd;
  let expected = expectedUsd;
  let drawn = 0;
  const asDrawn = () => budgets.map((budget) => ({ ...budget, usedUsd: budget.usedUsd + drawn }));
  const granted = wanted.map(({ usd, isRough }): Granted => {
    const lacking = usd === null ? null : Math.max(0, usd - free);
    if (isRough && lacking !== null && lacking > 0 && !isAmple(asDrawn(), purpose, lacking))
      return "too rough";
    const problem = lacking === 0 ? null : decideReservation(asDrawn(), purpose, lacking);
    if (problem !== null) return problem;
    drawn += lacking!;
    free -= usd! - lacking!;
    expected -= usd!;
    return "yes";
  });
  const ahead = Math.max(0, expected - free);
  const isAhead = expected > 0 && isAmple(asDrawn(), purpose, ahead);
  return isAhead
    ? { granted, usd: drawn + ahead, freeUsd: free + ahead, isAhead }
    : { granted, usd: drawn, freeUsd: free, isAhead };
}
