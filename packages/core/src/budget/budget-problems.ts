/** Why nobody is asked although somebody could be, and what a person can do about it. Nothing has failed. */
export const budgetProblems = {
  budget_spent_user:
    "this user's budget for the month is used up: raise user_setting.monthly_budget_usd or userMonthlyBudgetUsd, or wait for the next month",
  budget_spent_total:
    "the budget of all users for the month is used up: raise monthlyBudgetUsd, or wait for the next month",
  budget_price_unknown:
    "there is a budget in dollars and the model's price is not known: set usdPerMillionTokens (0 where it costs nothing)",
} as const;

export type BudgetProblem = keyof typeof budgetProblems;

export function isBudgetProblem(code: string | null): code is BudgetProblem {
  return code !== null && Object.hasOwn(budgetProblems, code);
}

/** There is no money for a request, and nobody was asked. What was asked for waits; the rest of the work goes on. */
export class BudgetSpentError extends Error {
  override readonly name = "BudgetSpentError";
  readonly code: BudgetProblem;
  constructor(code: BudgetProblem) {
    super(budgetProblems[code]);
    this.code = code;
  }
}
