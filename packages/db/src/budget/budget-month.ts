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

/** What of a month's money one user's requests are held against. */
export interface BudgetAccount {
  limits: BudgetLimits;
  /** By the database's clock: YYYY-MM-01. */
  month: string;
}

/**
 * The budgets that hold for a user, locked to the end of the transaction, and compared with what was used: those of an
 * account that was locked before, or as they are set now. No budgets where the account has no limit, or where its rows
 * are still to be made (`makeBudgets`).
 */
export async function lockBudgets(
  tx: LedgerTransaction,
  userId: string,
  of: BudgetLimits | BudgetAccount,
): Promise<{ account: BudgetAccount; budgets: Budget[]; isMade: boolean }> {
  const set = "month" in of ? of.limits : of;
  const first = "month" in of ? sql`${of.month}::date` : month;
  const owners = textArray([...(set.totalUsd === null ? [] : [""]), userId]);
  // All rows are locked in one order, or two workers could wait for each other.
  const { rows } = await tx.execute<{
    month: string;
    own: number | null;
    user_id: string | null;
    spent: number;
    reserved: number;
  }>(sql`
    with asked as materialized (
      select ${first} as first, (select monthly_budget_usd from user_setting where user_id = ${userId}) as own),
    locked as materialized (
      select b.* from budget_month b, asked where b.user_id = any(${owners}) and b.month = asked.first
      order by b.user_id for update of b)
    select first::text as month, own, user_id, reserved_usd::float8 as reserved, greatest(spent_usd, case
      when user_id <> '' then (select sum(cost_usd) from usage u where u.user_id = ${userId} and ${inMonth(sql`first`)})::numeric
      when user_id = '' and (compared_at is null or compared_at < ledger_clock() - ${COMPARE_EVERY})
        then (select sum(cost_usd) from usage where ${inMonth(sql`first`)})::numeric end)::float8 as spent
    from asked left join locked on true`);
  const [{ month: opened, own }] = rows as [(typeof rows)[number]];
  const limits =
    "month" in of ? of.limits : { userUsd: own === null ? set.userUsd : own, totalUsd: set.totalUsd };
  const row = (owner: string) => rows.find(({ user_id }) => user_id === owner);
  return {
    account: { limits, month: opened },
    budgets: listed(limits, { user: row(userId), total: row("") }),
    isMade: ownersIn(userId, limits).every((owner) => row(owner) !== undefined),
  };
}

/**
 * Makes the rows of a month, in a transaction of its own: who makes one waits for whoever makes the same, and must hold no
 * lock meanwhile.
 */
export async function makeBudgets(
  tx: LedgerTransaction,
  userId: string,
  { limits, month }: BudgetAccount,
): Promise<void> {
  await tx.execute(sql`
    insert into budget_month (user_id, month) select unnest(${textArray(ownersIn(userId, limits))}) as user_id, ${month}::date
    order by user_id on conflict do nothing`);
}

/** Sets dollars aside in every locked budget, and takes over what `lockBudgets` found to be spent. */
export async function addReservation(
  tx: LedgerTransaction,
  userId: string,
  { month, usd, budgets }: { month: string; usd: number; budgets: readonly Budget[] },
): Promise<void> {
  const found = budgets.map(({ scope, usedUsd, reservedUsd }) => ({
    user_id: scope === "user" ? userId : "",
    spent: usedUsd - reservedUsd,
  }));
  await tx.execute(sql`
    update budget_month b set reserved_usd = reserved_usd + ${usd}::numeric,
      spent_usd = greatest(spent_usd, round(found.spent, 12)),
      compared_at = case when compared_at is null or compared_at < ledger_clock() - ${COMPARE_EVERY}
        then ledger_clock() else compared_at end
    from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as found(user_id text, spent numeric)
    where b.user_id = found.user_id and b.month = ${month}::date`);
}

/** What was set aside is spent, or given back. */
export async function settleReservation(
  tx: LedgerTransaction,
  userId: string,
  { account: { limits, month }, usd, spentUsd }: { account: BudgetAccount; usd: number; spentUsd: number },
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

/** Removes months that ended more than so many days ago; what they cost stays in `usage`. Returns how many rows. */
export async function purgeBudgets(tx: LedgerTransaction, days: number, limit: number): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    delete from budget_month where (user_id, month) in (select user_id, month from budget_month
      where month + interval '1 month' + ${days} * interval '1 day' < ledger_clock() at time zone 'UTC'
      order by month, user_id limit ${limit})`);
  return rowCount ?? 0;
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
