import { setTimeout as delay } from "node:timers/promises";
import type { Failure } from "./openai-errors.ts";
import { ProviderError, permanentProblem, RetryLaterError } from "./provider-errors.ts";

/** Waiting, chance and time, so that a test can own them. */
export interface Timing {
  /** Rejects once the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const realTiming: Timing = {
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  random: Math.random,
  now: Date.now,
};

/** Tries of one request in all. */
const TRIES = 3;
const BASE_MS = 500;
/** A worker waits this long and no longer: what takes longer is put off. */
export const LONGEST_WAIT_MS = 20_000;
/** How long a provider that wants fewer requests is left alone when it does not say how long it should be. */
const RATE_LIMIT_REST_MS = 30_000;

/** How one try ended. A failure that the caller has an answer to (a refusal) is a value for it. */
export type Tried<T> = { readonly value: T } | { readonly failure: Exclude<Failure, { kind: "refused" }> };

/** The longest spread of a wait in place, and of work that is put off. */
const SPREAD_IN_PLACE_MS = 1_000;
const SPREAD_PUT_OFF_MS = 10_000;

/**
 * A wait until a moment that others wait for too, so that they do not all come at once: up to a quarter of it longer, each by
 * another time.
 */
export function spread(waitMs: number, { random }: Timing, { isPutOff = false } = {}): number {
  return waitMs + random() * Math.min(waitMs / 4, isPutOff ? SPREAD_PUT_OFF_MS : SPREAD_IN_PLACE_MS);
}

/**
 * Tries up to three times, with exponential backoff and full jitter (Brooker, "Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015), or when the provider wants to be asked again, where that is later.
 *
 * @throws {PermanentError} at once when no try can help.
 * @throws {RetryLaterError} when the provider asks for a wait of more than 20 s, or for one that the signal's timeout
 * does not leave, and when it still wants fewer requests after the last try.
 * @throws {ProviderError} after the last try; and the signal's reason once it is aborted.
 */
export async function retried<T>(
  attempt: () => Promise<Tried<T>>,
  { signal, timing }: { signal: AbortSignal; timing: Timing },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    const tried = await attempt();
    if ("value" in tried) return tried.value;
    const { failure } = tried;
    if (failure.kind === "final") throw permanentProblem(failure.code, failure.detail);
    const { code, askedWaitMs } = failure;
    if (askedWaitMs !== undefined && askedWaitMs > LONGEST_WAIT_MS)
      throw new RetryLaterError(code, askedWaitMs);
    const backoffMs = timing.random() * BASE_MS * 2 ** tries;
    if (tries === TRIES) {
      if (code !== "provider_rate_limited") throw new ProviderError(code);
      const restMs = spread(askedWaitMs ?? RATE_LIMIT_REST_MS, timing, { isPutOff: true });
      throw new RetryLaterError(code, Math.max(backoffMs, restMs));
    }
    const waitMs = Math.max(backoffMs, spread(askedWaitMs ?? 0, timing));
    const since = timing.now();
    try {
      await timing.sleep(waitMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      // Time ran out while the provider was obeyed: that is the wait's fault, and no failure.
      if (askedWaitMs !== undefined && (signal.reason as Error | undefined)?.name === "TimeoutError") {
        throw new RetryLaterError(code, Math.max(0, waitMs - (timing.now() - since)));
      }
      throw signal.reason;
    }
  }
}
