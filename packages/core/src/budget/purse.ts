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
import { type BudgetProblem, BudgetSpentError } from "./budget-problems.ts";
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
  let opened: Promise<SharedPurse | null> | undefined;
  const open = async () => {
    const limits = await asLedger(db, (tx) => openBudgets(tx, userId, set));
    return limits.userUsd === null && limits.totalUsd === null
      ? null
      : new SharedPurse({ db, userId, purpose, limits });
  };
  return {
    async reserve(mostUsd) {
      if (mostUsd === 0) return unlimited;
      // Limits do not change within a task: without one, its other requests cost no statement.
      opened ??= open();
      const purse = await opened;
      return purse === null ? unlimited : purse.reserve(mostUsd);
    },
  };
}

interface PurseOptions {
  db: Context["db"];
  userId: string;
  purpose: Purpose;
  limits: BudgetLimits & { month: string };
}

interface Wanted {
  usd: number | null;
  granted: PromiseWithResolvers<void>;
}

/**
 * Requests that are made at once are set aside and settled at once, in one transaction: what one has cost is written down
 * with the next one's reservation, or when nothing is under way any more.
 */
class SharedPurse {
  readonly #of: PurseOptions;
  #wanted: Wanted[] = [];
  /** Set aside and over, not written down yet. */
  #over = { usd: 0, spentUsd: 0 };
  #underWay = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(of: PurseOptions) {
    this.#of = of;
  }

  async reserve(usd: number | null): Promise<Reservation> {
    const granted = Promise.withResolvers<void>();
    this.#wanted.push({ usd, granted });
    void this.#inTurn();
    await granted.promise;
    this.#underWay += 1;
    return {
      settle: async (spentUsd) => {
        this.#underWay -= 1;
        this.#over.usd += usd!;
        this.#over.spentUsd += spentUsd ?? usd!;
        if (this.#underWay === 0) await this.#inTurn();
      },
    };
  }

  /** One transaction at a time; who asks while one is under way is in the next one together with all others. */
  #inTurn(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { db, userId, purpose, limits } = this.#of;
    const wanted = this.#wanted.splice(0);
    const over = this.#over;
    this.#over = { usd: 0, spentUsd: 0 };
    if (wanted.length === 0 && over.usd === 0) return;
    try {
      const write = async (tx: LedgerTransaction) => {
        if (over.usd > 0) await settleReservation(tx, userId, { month: limits.month, ...over, limits });
        if (wanted.length === 0) return [];
        const budgets = await lockBudgets(tx, userId, limits);
        const problems: (BudgetProblem | null)[] = [];
        let usd = 0;
        for (const one of wanted) {
          const now = budgets.map((budget) => ({ ...budget, usedUsd: budget.usedUsd + usd }));
          const problem = decideReservation(now, purpose, one.usd);
          problems.push(problem);
          if (problem === null) usd += one.usd!;
        }
        if (usd > 0) await addReservation(tx, userId, { month: limits.month, usd, budgets });
        return problems;
      };
      // A reservation is on disk before its request is made. What gives back may be lost: then it stays set aside.
      const problems = await asLedger(db, write, { mayBeLost: wanted.length === 0 });
      wanted.forEach(({ granted }, i) => {
        const problem = problems[i];
        if (problem == null) granted.resolve();
        else granted.reject(new BudgetSpentError(problem));
      });
    } catch (error) {
      // What was paid for is not lost because nobody could be told of it: until then it stays set aside, and counts.
      this.#over.usd += over.usd;
      this.#over.spentUsd += over.spentUsd;
      for (const { granted } of wanted) granted.reject(error);
    }
  }
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
