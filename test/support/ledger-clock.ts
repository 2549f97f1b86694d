import type { Timing } from "@noctuary/core/provider/retry";
import type { TestDatabase } from "./test-database.ts";

export interface OwnedClock {
  /** Milliseconds since 1970. */
  now(): number;
  set(now: number): Promise<void>;
}

/** Puts a clock that the test sets in the place of the ledger's. It stays in this database until that is closed. */
export async function ownLedgerClock(
  { query }: Pick<TestDatabase, "query">,
  start: number,
): Promise<OwnedClock> {
  await query("create table if not exists public.test_clock (at timestamptz not null)");
  await query("grant select on public.test_clock to public");
  await query("delete from public.test_clock");
  await query("insert into public.test_clock values (to_timestamp($1::float8 / 1000))", [start]);
  await query(`create or replace function noctuary.ledger_clock() returns timestamptz language sql volatile
    return (select at from public.test_clock)`);
  let now = start;
  return {
    now: () => now,
    async set(to) {
      now = to;
      await query("update public.test_clock set at = to_timestamp($1::float8 / 1000)", [to]);
    },
  };
}

/**
 * Workers who live by the test's clock: time stands still while one of them does something, and goes on to the end of the
 * next wait once all of them wait.
 */
export class VirtualTime {
  readonly #clock: OwnedClock;
  readonly #sleeping: { until: number; wake: () => void }[] = [];
  #awake = 0;

  constructor(clock: OwnedClock) {
    this.#clock = clock;
  }

  readonly timing: Timing = {
    sleep: (ms) => this.sleep(ms),
    random: () => 0.5,
    now: () => this.#clock.now(),
  };

  async sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sleeping.push({ until: this.#clock.now() + ms, wake: resolve });
    await this.#rest();
    await promise;
  }

  /** Runs workers to their ends. */
  async run(workers: (() => Promise<void>)[]): Promise<void> {
    this.#awake = workers.length;
    await Promise.all(workers.map((work) => work().finally(() => this.#rest())));
  }

  async #rest(): Promise<void> {
    this.#awake -= 1;
    if (this.#awake > 0 || this.#sleeping.length === 0) return;
    this.#sleeping.sort((a, b) => a.until - b.until);
    const next = this.#sleeping.shift()!;
    this.#awake = 1;
    if (next.until > this.#clock.now()) await this.#clock.set(next.until);
    next.wake();
  }
}
