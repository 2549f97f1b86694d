import { asLedger, type LedgerTransaction, type UserTransaction } from "@noctuary/db/access";
import {
  addReservation,
  type BudgetAccount,
  type BudgetLimits,
  budgetsOf,
  lockBudgets,
  makeBudgets,
  settleReservation,
} from "@noctuary/db/budget/budget-month";
import type { Database } from "@noctuary/db/database";
import { type BudgetProblem, BudgetSpentError } from "./budget-problems.ts";
import { decideDraw, type Granted } from "./decide-draw.ts";
import { leftOf, type Purpose } from "./decide-reservation.ts";

/** Dollars that were set aside for one request. */
export interface Reservation {
  /** What the request has cost; null where nobody knows: then all that was set aside counts as spent. Never rejects. */
  settle(usd: number | null): Promise<void>;
}

/** Whoever makes requests for one user pays for each of them out of this. */
export interface Purse {
  /**
   * Sets aside what a request may cost at the most, in every budget that holds for the user; null: its price is not known.
   * Where `mostUsd` is a rough bound, `exactly` gives a better one: it is asked for where the money is no longer ample.
   *
   * @throws {BudgetSpentError} where one of them has no room for it: the request must not be made
   */
  reserve(mostUsd: number | null, exactly?: () => Promise<number | null>): Promise<Reservation>;
  /**
   * Requests of about so much are to come: where the money is ample it is set aside for all of them at once, without being
   * waited for. What they do not take is given back when the purse is disposed of. Not asked how much without a limit.
   */
  expect(mostUsd: () => number | null): void;
  /** No further request is to come. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a request costs that nobody has a budget for. */
const unlimited: Reservation = { settle: async () => {} };
const unlimitedPurse: Purse = {
  reserve: async () => unlimited,
  expect() {},
  async [Symbol.asyncDispose]() {},
};

/**
 * The purse of one user, for one purpose. What is set aside is a change of a row in the database, so that all workers
 * together never use more than there is. A worker that dies after it has leaves the money set aside for the rest of the
 * month: its requests may have been paid for, and a budget that is a limit must count them.
 */
export function purseOf(
  { db, budgets: set }: { db: Database; budgets: BudgetLimits },
  userId: string,
  purpose: Purpose,
  /** The user's own limit, where it is known already: without any limit, nobody is asked. */
  ownUsd?: number | null,
): Purse {
  const hasNone = ownUsd === null && set.userUsd === null && set.totalUsd === null;
  return hasNone ? unlimitedPurse : new SharedPurse({ db, set, userId, purpose });
}

interface PurseOptions {
  db: Database;
  set: BudgetLimits;
  userId: string;
  purpose: Purpose;
}

interface Wanted {
  usd: number | null;
  isRough: boolean;
  granted: PromiseWithResolvers<Granted | "unlimited">;
}

/**
 * Requests that are made at once are set aside and settled at once, in one transaction: what one has cost is written down
 * with the next one's reservation, or when nothing is under way any more.
 */
class SharedPurse implements Purse {
  readonly #of: PurseOptions;
  /** Undefined until the database was asked. Limits do not change within a task: without one, nothing is asked again. */
  #account: BudgetAccount | undefined;
  #wanted: Wanted[] = [];
  #expectedUsd = 0;
  #hasNewExpectation = false;
  /** What was expected is set aside: what a request leaves is for the next ones, and not given back yet. */
  #isAhead = false;
  /** Set aside, and for no request yet. */
  #freeUsd = 0;
  /** Set aside and over, not written down yet. */
  #over = { usd: 0, spentUsd: 0 };
  #underWay = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(of: PurseOptions) {
    this.#of = of;
  }

  async reserve(mostUsd: number | null, exactly?: () => Promise<number | null>): Promise<Reservation> {
    if (mostUsd === 0) return unlimited;
    let usd = mostUsd;
    let granted = await this.#ask(usd, exactly !== undefined);
    if (granted === "too rough") {
      usd = await exactly!();
      granted = await this.#ask(usd, false);
    }
    if (granted === "unlimited") return unlimited;
    if (granted !== "yes") throw new BudgetSpentError(granted as BudgetProblem);
    return { settle: (spentUsd) => this.#settle(usd!, spentUsd) };
  }

  expect(mostUsd: () => number | null): void {
    const usd = this.#isUnlimited() ? null : mostUsd();
    if (usd === null || usd === 0) return;
    this.#expectedUsd += usd;
    this.#hasNewExpectation = true;
    void this.#inTurn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#expectedUsd = 0;
    this.#hasNewExpectation = false;
    await this.#writing;
    this.#isAhead = false;
    await this.#inTurn();
  }

  async #ask(usd: number | null, isRough: boolean): Promise<Granted | "unlimited"> {
    if (this.#isUnlimited()) return "unlimited";
    // Who came before is served before.
    if (this.#wanted.length === 0 && this.#takeFree(usd)) return "yes";
    const granted = Promise.withResolvers<Granted | "unlimited">();
    this.#wanted.push({ usd, isRough, granted });
    void this.#inTurn();
    return granted.promise;
  }

  #takeFree(usd: number | null): boolean {
    if (usd === null || usd > this.#freeUsd) return false;
    this.#freeUsd -= usd;
    this.#begin(usd);
    return true;
  }

  #begin(usd: number): void {
    this.#expectedUsd = Math.max(0, this.#expectedUsd - usd);
    this.#underWay += 1;
  }

  async #settle(usd: number, spentUsd: number | null): Promise<void> {
    this.#underWay -= 1;
    const spent = spentUsd ?? usd;
    const rest = Math.max(0, usd - spent);
    this.#freeUsd += rest;
    this.#over.usd += usd - rest;
    this.#over.spentUsd += spent;
    if (this.#underWay === 0 && !this.#isAhead) await this.#inTurn();
  }

  #isUnlimited(): boolean {
    const { userUsd = 0, totalUsd = 0 } = this.#account?.limits ?? {};
    return userUsd === null && totalUsd === null;
  }

  /** One transaction at a time; who asks while one is under way is in the next one together with all others. */
  #inTurn(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#wanted.length > 0 && this.#takeFree(this.#wanted[0]!.usd))
      this.#wanted.shift()!.granted.resolve("yes");
    const wanted = this.#wanted.splice(0);
    // The transaction before has found that there is no limit.
    if (this.#isUnlimited()) {
      for (const { granted } of wanted) granted.resolve("unlimited");
      return;
    }
    const isNews = wanted.length > 0 || this.#hasNewExpectation;
    const givesBack = !isNews && this.#underWay === 0 && !this.#isAhead;
    const over = this.#over;
    const freeUsd = this.#freeUsd;
    if (!isNews && !(givesBack && over.usd + freeUsd > 0)) return;
    this.#hasNewExpectation = false;
    this.#over = { usd: 0, spentUsd: 0 };
    this.#freeUsd = 0;
    try {
      if (givesBack) {
        await this.#settleInDatabase({ usd: over.usd + freeUsd, spentUsd: over.spentUsd });
        return;
      }
      const drawn = await this.#draw(wanted, over, freeUsd);
      if (drawn === null) {
        for (const { granted } of wanted) granted.resolve("unlimited");
        return;
      }
      this.#freeUsd += drawn.freeUsd;
      this.#isAhead = drawn.isAhead;
      for (const [i, { usd, granted }] of wanted.entries()) {
        if (drawn.granted[i] === "yes") this.#begin(usd!);
        granted.resolve(drawn.granted[i]!);
      }
    } catch (error) {
      // What was paid for is not lost because nobody could be told of it: until then it stays set aside, and counts.
      this.#freeUsd += freeUsd;
      this.#over.usd += over.usd;
      this.#over.spentUsd += over.spentUsd;
      for (const { granted } of wanted) granted.reject(error);
    }
  }

  /** Settles what is over and sets aside what is wanted. Returns null where there is no limit. */
  async #draw(
    wanted: readonly Wanted[],
    over: { usd: number; spentUsd: number },
    freeUsd: number,
  ): Promise<ReturnType<typeof decideDraw> | null> {
    const { db, set, userId, purpose } = this.#of;
    const write = async (tx: LedgerTransaction) => {
      if (over.usd > 0) await settleReservation(tx, userId, { account: this.#account!, ...over });
      const locked = await lockBudgets(tx, userId, this.#account ?? set);
      // A user who was forgotten within the task gets no row again.
      if (!locked.isMade && this.#account === undefined) return locked;
      const drawn = decideDraw(locked.budgets, purpose, { wanted, freeUsd, expectedUsd: this.#expectedUsd });
      if (drawn.usd > 0 && locked.budgets.length > 0)
        await addReservation(tx, userId, {
          month: locked.account.month,
          usd: drawn.usd,
          budgets: locked.budgets,
        });
      return { ...locked, drawn };
    };
    // A reservation is on disk before its request is made.
    let written = await asLedger(db, write);
    if (!("drawn" in written)) {
      const { account } = written;
      await asLedger(db, (tx) => makeBudgets(tx, userId, account));
      written = await asLedger(db, write);
    }
    this.#account = written.account;
    return "drawn" in written && !this.#isUnlimited() ? written.drawn : null;
  }

  /** May be lost by a crash of the server: then it stays set aside, and counts. */
  async #settleInDatabase(over: { usd: number; spentUsd: number }): Promise<void> {
    const { db, userId } = this.#of;
    const settle = (tx: LedgerTransaction) =>
      settleReservation(tx, userId, { account: this.#account!, ...over });
    await asLedger(db, settle, { mayBeLost: true });
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
