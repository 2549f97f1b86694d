import { SHARE } from "@noctuary/core/budget/decide-reservation";
import type { BudgetLimits, budgetOverview } from "@noctuary/db/budget/budget-month";
import { count, dollars } from "./words.ts";

type Overview = Awaited<ReturnType<typeof budgetOverview>>;

export interface BudgetFound {
  found: string;
  details: string[];
  /** Somebody's budget is used up: new notes wait. */
  isSpent: boolean;
}

/** How the month's budgets stand, as a person would say it. */
export function sayBudgets({ totalUsed, users, month }: Overview, set: BudgetLimits): BudgetFound {
  const used = totalUsed.spentUsd + totalUsed.reservedUsd;
  const spentBy = users.filter(({ limitUsd, usedUsd }) => usedUsd >= limitUsd);
  const plainFor = users.filter(
    ({ limitUsd, usedUsd }) => usedUsd < limitUsd && usedUsd >= SHARE.words * limitUsd,
  );
  const total = set.totalUsd;
  const isTotalSpent = total !== null && used >= total;
  const parts = [
    ...(total === null ? [] : [`${dollars(used)} of ${dollars(total)} in ${monthName(month)}`]),
    ...(set.userUsd === null ? [] : [`${dollars(set.userUsd)} a user`]),
    ...(total === null && set.userUsd === null && users.length > 0
      ? [`${count(users.length, "user")} with a limit of their own`]
      : []),
  ];
  const details = [
    ...(isTotalSpent
      ? ["used up: nothing new is embedded, and no language model is asked, until next month"]
      : total !== null && used >= SHARE.words * total
        ? ["four fifths are used: no language model is asked until next month; notes are embedded"]
        : []),
    ...(spentBy.length > 0 ? [`used up by ${count(spentBy.length, "user")}, whose new notes wait`] : []),
    ...(plainFor.length > 0
      ? [`used for four fifths by ${count(plainFor.length, "user")}, for whom no language model is asked`]
      : []),
    ...(totalUsed.reservedUsd > 0
      ? [`${dollars(totalUsed.reservedUsd)} of it set aside for calls under way, or whose end nobody saw`]
      : []),
  ];
  return {
    found: parts.length === 0 ? "no limit is set" : parts.join(", "),
    details,
    isSpent: isTotalSpent || spentBy.length > 0,
  };
}

function monthName(first: string): string {
  return new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" }).format(
    new Date(`${first}T00:00:00Z`),
  );
}
