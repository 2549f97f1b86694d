import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";

/** Dollars a month; null: no limit. */
export interface BudgetLimits {
  /** Of each user who has no limit of their own in `user_setting`. */
  userUsd: number | null;
  /** Of all users together. */
  totalUsd: number | null;
}

/** Whose money it is: one user's, or that of all users together. */
export type BudgetScope = "user" | "total";

export interface Budget {
  scope: BudgetScope;
  limitUsd: number;
  /** What was spent, and what is set aside. */
  usedUsd: number;
  /** Set aside for calls under way, and for calls whose end nobody saw. */
  reservedUsd: number;
}

/** Where the usage of all users is summed up, which may be many rows, no more often than this. */
const COMPARE_EVERY = sql`interval '1 hour'`;

const month = sql`date_trunc('month', ledger_clock() at time zone 'UTC')::date`;
const inMonth = (first: ReturnType<typeof sql>) =>
  sql`day >= ${first} and day < ${first} + interval '1 month'`;

/**
 * The limits that hold for a user, and the month by the database's clock: YYYY-MM-01. Its rows are made here and not where
 * they are locked: who makes one waits for whoever makes the same, and must hold no lock meanwhile.
 */
export async function openBudgets(
  tx: LedgerTransaction,
  userId: string,
  { userUsd, totalUsd }: BudgetLimits,
): Promise<BudgetLimits & { month: string }> {
  const { rows } = await tx.execute<{ own: number | null; month: string }>(sql`
    select (select monthly_budget_usd from user_setting where user_id = ${userId}) as own, ${month}::text as month`);
  const limits = { userUsd: rows[0]!.own ?? userUsd, totalUsd, month: rows[0]!.month };
  const owners = ownersIn(userId, limits);
  if (owners.length > 0) {
    await tx.execute(sql`
      insert into budget_month (user_id, month) select unnest(${textArray(owners)}) as user_id, ${limits.month}::date
      order by user_id on conflict do nothing`);
  }
  return limits;
}

/** The budgets that hold for a user, as they stand; none where there is no limit. */
export async function budgetsOf(
  tx: LedgerTransaction | UserTransaction,
  userId: string,
  set: BudgetLimits,
): Promise<Budget[]> {
  const { rows } = await tx.execute<{
    own: number | null;
    user: number;
    total: number;
    userReserved: number;
    totalReserved: number;
  }>(sql`
    with now as materialized (select ${month} as first),
    own as (select * from budget_month, now where user_id = ${userId} and month = first),
    everybody as (select * from budget_month, now where user_id = '' and month = first)
    select (select monthly_budget_usd from user_setting where user_id = ${userId}) as own,
      greatest((select spent_usd from own), (select sum(cost_usd)::numeric from usage, now
        where user_id = ${userId} and ${inMonth(sql`first`)}), 0)::float8 as user,
      coalesce((select reserved_usd from own), 0)::float8 as "userReserved",
      coalesce((select spent_usd from everybody), 0)::float8 as total,
      coalesce((select reserved_usd from everybody), 0)::float8 as "totalReserved"`);
  const { own, user, total, userReserved, totalReserved } = rows[0]!;
  return listed(
    { userUsd: own ?? set.userUsd, totalUsd: set.totalUsd },
    { user: { spent: user, reserved: userReserved }, total: { spent: total, reserved: totalReserved } },
  );
}

/** The same, locked to the end of the transaction, and compared with what was used. The limits are what `openBudgets` said. */
export async function lockBudgets(
  tx: LedgerTransaction,
  userId: string,
  limits: BudgetLimits & { month: string },
): Promise<Budget[]> {
  const owners = textArray(ownersIn(userId, limits));
  const first = sql`${limits.month}::date`;
  // All rows are locked in one order, or two workers could wait for each other.
  const { rows } = await tx.execute<{ user_id: string; spent: number; reserved: number }>(sql`
    with locked as materialized (
      select * from budget_month where user_id = any(${owners}) and month = ${first} order by user_id for update)
    select user_id, reserved_usd::float8 as reserved, greatest(spent_usd, case
      when user_id <> '' then (select sum(cost_usd) from usage u where u.user_id = ${userId} and ${inMonth(first)})::numeric
      when compared_at is null or compared_at < ledger_clock() - ${COMPARE_EVERY}
        then (select sum(cost_usd) from usage where ${inMonth(first)})::numeric end)::float8 as spent
    from locked order by user_id`);
  const of = (owner: string) => rows.find((row) => row.user_id === owner);
  return listed(limits, { user: of(userId), total: of("") });
}

/** Sets dollars aside in every locked budget, and takes over what `lockBudgets` found to be spent. */
export async function addReservation(
  tx: LedgerTransaction,
  userId: string,
  { month, usd, budgets }: { month: string; usd: number; budgets: readonly Budget[] },
): Promise<void> {
  for (const { scope, usedUsd, reservedUsd } of budgets) {
    await tx.execute(sql`
      update budget_month set reserved_usd = reserved_usd + ${usd}::numeric,
        spent_usd = greatest(spent_usd, round(${usedUsd - reservedUsd}::numeric, 12)),
        compared_at = case when compared_at is null or compared_at < ledger_clock() - ${COMPARE_EVERY}
          then ledger_clock() else compared_at end
      where user_id = ${scope === "user" ? userId : ""} and month = ${month}::date`);
  }
}

/** What was set aside is spent, or given back. */
export async function settleReservation(
  tx: LedgerTransaction,
  userId: string,
  { month, usd, spentUsd, limits }: { month: string; usd: number; spentUsd: number; limits: BudgetLimits },
): Promise<void> {
  await tx.execute(sql`
    with locked as materialized (
      select user_id, month from budget_month
      where user_id = any(${textArray(ownersIn(userId, limits))}) and month = ${month}::date order by user_id for update)
    update budget_month b set reserved_usd = greatest(0, b.reserved_usd - ${usd}::numeric),
      spent_usd = b.spent_usd + ${spentUsd}::numeric
    from locked where b.user_id = locked.user_id and b.month = locked.month`);
}

/** Users who have used this share of a limit of their own, and how all users together stand. */
export async function budgetOverview(
  tx: LedgerTransaction,
  set: BudgetLimits,
): Promise<{ month: string; totalUsed: { spentUsd: number; reservedUsd: number }; users: UserBudget[] }> {
  const { rows: totals } = await tx.execute<{ month: string; spentUsd: number; reservedUsd: number }>(sql`
    with now as materialized (select ${month} as first)
    select first::text as month, greatest((select spent_usd from budget_month where user_id = '' and month = first),
        (select sum(cost_usd) from usage where ${inMonth(sql`first`)})::numeric, 0)::float8 as "spentUsd",
      coalesce((select reserved_usd from budget_month where user_id = '' and month = first), 0)::float8 as "reservedUsd"
    from now`);
  const { rows: users } = await tx.execute<UserBudget & Record<string, unknown>>(sql`
    with now as materialized (select ${month} as first),
    used as (select user_id, sum(cost_usd)::numeric as usd from usage, now where ${inMonth(sql`first`)} and user_id <> ''
      group by user_id)
    select coalesce(b.user_id, used.user_id) as "userId", coalesce(s.monthly_budget_usd, ${set.userUsd}::float8) as "limitUsd",
      (greatest(b.spent_usd, used.usd, 0) + coalesce(b.reserved_usd, 0))::float8 as "usedUsd"
    from used full join (select b.* from budget_month b, now where month = first and user_id <> '') b using (user_id)
    left join user_setting s on s.user_id = coalesce(b.user_id, used.user_id)
    where coalesce(s.monthly_budget_usd, ${set.userUsd}::float8) is not null order by 1`);
  const { month: first, ...totalUsed } = totals[0]!;
  return { month: first, totalUsed, users };
}

export interface UserBudget {
  userId: string;
  limitUsd: number;
  usedUsd: number;
}

/** How many users have a limit of their own. */
export async function usersWithLimit(tx: LedgerTransaction): Promise<number> {
  const { rows } = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from user_setting where monthly_budget_usd is not null`,
  );
  return rows[0]!.n;
}

/** A forgotten user's budget goes; that of all users keeps what was spent. */
export async function forgetBudgets(tx: LedgerTransaction, userId: string): Promise<void> {
  await tx.execute(sql`delete from budget_month where user_id = ${userId}`);
}

/** In the order in which they are locked. */
function ownersIn(userId: string, { userUsd, totalUsd }: BudgetLimits): string[] {
  return [...(totalUsd === null ? [] : [""]), ...(userUsd === null ? [] : [userId])];
}

interface Used {
  spent: number;
  reserved: number;
}

function listed(
  { userUsd, totalUsd }: BudgetLimits,
  { user, total }: { user: Used | undefined; total: Used | undefined },
): Budget[] {
  const budget = (scope: BudgetScope, limitUsd: number | null, used: Used | undefined): Budget[] => {
    if (limitUsd === null) return [];
    const { spent = 0, reserved = 0 } = used ?? {};
    return [{ scope, limitUsd, usedUsd: spent + reserved, reservedUsd: reserved }];
  };
  return [...budget("total", totalUsd, total), ...budget("user", userUsd, user)];
}
