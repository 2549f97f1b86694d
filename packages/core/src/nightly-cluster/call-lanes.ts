import { BudgetSpentError } from "../budget/budget-problems.ts";
import { type ProviderProblem, RetryLaterError } from "../provider/provider-errors.ts";

/** When to go on, and where a provider asked for that, with what words. */
export interface PutOff {
  readonly delayMs: number;
  readonly code?: ProviderProblem;
}

/**
 * Runs so many calls at once, and what is to be done with their answers beside the next ones. Once one has failed, been
 * put off, the money is spent, or the time is up, what is under way is paid for: it is waited for, and nothing new is begun.
 */
export class CallLanes {
  readonly #count: number;
  readonly #hasTime: () => boolean;
  readonly #isTimeUp: (error: unknown) => boolean;
  readonly #asking = new Set<Promise<void>>();
  readonly #saving = new Set<Promise<void>>();
  #begun = 0;
  #putOff: PutOff | null = null;
  #spent: BudgetSpentError | null = null;
  #failure: { error: unknown } | undefined;

  /**
   * @param isTimeUp whether an error says no more than that the time ran out over a call, of a task that has come forward
   *   in this try: no failure, for the next try goes on from there
   */
  constructor(count: number, hasTime: () => boolean, isTimeUp: (error: unknown) => boolean) {
    this.#count = count;
    this.#hasTime = hasTime;
    this.#isTimeUp = isTimeUp;
  }

  /** Begins a call as soon as there is room for it and for its answer. Returns whether it was begun. */
  async begin<Answer>(ask: () => Promise<Answer>, save: (answer: Answer) => Promise<void>): Promise<boolean> {
    while (this.#asking.size >= this.#count) await Promise.race(this.#asking);
    while (this.#saving.size >= this.#count) await Promise.race(this.#saving);
    // The first call is begun however little time is left: a task that never begins would never end.
    if (this.#begun > 0 && !this.mayGoOn()) return false;
    this.#begun += 1;
    this.#run(this.#asking, async () => {
      const answer = await ask();
      this.#run(this.#saving, () => save(answer));
    });
    return true;
  }

  /** Whether there is any use in preparing another call. */
  mayGoOn(): boolean {
    if (!this.#hasTime()) this.#putOff ??= { delayMs: 0 };
    return this.#putOff === null && this.#spent === null && this.#failure === undefined;
  }

  #run(among: Set<Promise<void>>, work: () => Promise<void>): void {
    const running = work()
      .catch((error: unknown) => {
        if (error instanceof RetryLaterError) {
          if (error.delayMs >= (this.#putOff?.delayMs ?? 0)) this.#putOff = error;
        } else if (error instanceof BudgetSpentError) this.#spent ??= error;
        else this.#failure ??= { error };
      })
      .finally(() => among.delete(running));
    among.add(running);
  }

  /**
   * Waits for what is under way. Returns null when no call was put off, or after how many milliseconds to go on: at once
   * when the time ran out, later when the provider asks for a long wait; or why no further call is paid for. @throws what
   * the first failed call threw
   */
  async end(): Promise<PutOff | BudgetSpentError | null> {
    await Promise.all(this.#asking);
    await Promise.all(this.#saving);
    if (this.#failure === undefined) return this.#putOff ?? this.#spent;
    if (this.#isTimeUp(this.#failure.error)) return { delayMs: 0 };
    throw this.#failure.error;
  }
}
