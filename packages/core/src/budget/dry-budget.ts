import type { Budget } from "@noctuary/db/budget/budget-month";
import type { Embedder } from "../embedding/embedder.ts";
import { decideReservation, leftOf } from "./decide-reservation.ts";

/**
 * What a dry run says of a user's budget: whether what is to be embedded might go over it, each byte taken for a token,
 * and whether it cannot be told because nobody knows the price. Counts, so that all users add up.
 */
export function dryBudget(
  embedder: Pick<Embedder, "priceUsd">,
  budgets: readonly Budget[],
  { toEmbed, bytes }: { toEmbed: number; bytes: number },
): { usersOverBudget?: number; unpricedNotes?: number } {
  if (toEmbed === 0 || budgets.length === 0) return {};
  const usd = embedder.priceUsd(bytes);
  const problem = decideReservation(budgets, "embeddings", usd);
  if (problem === "budget_price_unknown") return { unpricedNotes: toEmbed };
  return problem === null ? {} : { usersOverBudget: 1 };
}

/** Dollars left of the budget of all users together; none where it has no limit. */
export function dryTotal(budgets: readonly Budget[]): { budgetLeftUsd?: number } {
  const total = budgets.filter(({ scope }) => scope === "total");
  return total.length === 0 ? {} : { budgetLeftUsd: leftOf(total, "embeddings") };
}
