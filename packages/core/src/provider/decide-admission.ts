import type { ProviderState } from "@noctuary/db/provider/provider-state";
import type { ProviderProblem } from "./provider-errors.ts";

/** Failures in a row, of the whole fleet, after which a provider is left alone. */
const FAILURES_TO_OPEN = 5;
/** How long it is left alone before one request tries whether it is back. */
export const OPEN_MS = 30_000;
const MINUTE_MS = 60_000;
/** How often a worker looks whether another one's probe has had its answer. */
const LOOK_EVERY_MS = 1_000;
/**
 * Promised at this share of the limit, with bursts of at most that share: in no minute, wherever it begins, more than the
 * limit is asked, whether the provider counts by the minute, by the last sixty seconds or by a bucket that fills up.
 */
const PACE = 0.96;
const BURST = 0.03;
/** Where less than this share is left, others use the budget too: then it is given time to come back to the second. */
const LOW = 0.01;
const RECOVERED = 0.05;

export interface Limits {
  tokensPerMinute: number | null;
  requestsPerMinute: number | null;
}

export interface Wanted {
  tokens: number;
  requests: number;
}

export type Admission =
  /** The requests may be made after `waitMs`; what was asked for is set aside. */
  | { kind: "granted"; waitMs: number; isProbe: boolean; isLimited: boolean }
  /**
   * Nothing is set aside: come back after `delayMs`. What is over so soon that a worker should rather wait than put its
   * work off is to be looked at again after `lookAgainMs`.
   */
  | { kind: "later"; delayMs: number; code: ProviderProblem; lookAgainMs?: number };

/** The stricter of what was set and what the provider says. */
export function limitsIn(state: ProviderState, set: Limits): Limits {
  const least = (a: number | null, b: number | null) => (a === null ? b : b === null ? a : Math.min(a, b));
  return {
    tokensPerMinute: least(set.tokensPerMinute, state.tokensPerMinute),
    requestsPerMinute: least(set.requestsPerMinute, state.requestsPerMinute),
  };
}

/**
 * Whether a provider may be asked, and when. Budgets are paced by the generic cell rate algorithm (ITU-T I.371): what was
 * promised so far is one moment, so nobody has to wait in a queue or to come back to be served in turn.
 */
export function decideAdmission(
  state: ProviderState,
  now: number,
  wanted: Wanted,
  { set, longestWaitMs, probeMs }: { set: Limits; longestWaitMs: number; probeMs: number },
): { state: ProviderState; admission: Admission } {
  const later = (until: number, code: ProviderProblem) => ({
    state,
    admission: { kind: "later", delayMs: Math.max(1, until - now), code } as const,
  });
  const trouble = (state.failureCode as ProviderProblem | null) ?? "provider_failed";
  if (state.openUntil !== null && state.openUntil > now) return later(state.openUntil, trouble);
  const isProbe = state.openUntil !== null;
  if (isProbe && state.probeUntil !== null && state.probeUntil > now) {
    const { admission } = later(Math.min(state.probeUntil, now + OPEN_MS), trouble);
    return { state, admission: { ...admission, lookAgainMs: LOOK_EVERY_MS } };
  }
  if (state.blockedUntil !== null && state.blockedUntil > now) {
    const { admission } = later(state.blockedUntil, "provider_rate_limited");
    // A task that is put off for a second loses more than that: what it has read and counted, and a turn of its queue.
    const { delayMs } = admission;
    return { state, admission: delayMs > longestWaitMs ? admission : { ...admission, lookAgainMs: delayMs } };
  }
  if (isProbe) {
    return {
      state: { ...state, probeUntil: now + probeMs },
      admission: { kind: "granted", waitMs: 0, isProbe, isLimited: true },
    };
  }
  const limits = limitsIn(state, set);
  const tokens = promise(state.tokensAt, now, wanted.tokens, limits.tokensPerMinute);
  const requests = promise(state.requestsAt, now, wanted.requests, limits.requestsPerMinute);
  const from = Math.max(tokens?.from ?? now, requests?.from ?? now);
  if (from - now > longestWaitMs) return later(from, "provider_rate_limited");
  return {
    state: {
      ...state,
      tokensAt: tokens?.at ?? state.tokensAt,
      requestsAt: requests?.at ?? state.requestsAt,
    },
    admission: {
      kind: "granted",
      waitMs: Math.max(0, from - now),
      isProbe: false,
      isLimited: tokens !== null || requests !== null,
    },
  };
}

/** From when on an amount may be used, and the moment at which it has been earned. null where there is no limit. */
function promise(promisedAt: number | null, now: number, amount: number, limit: number | null) {
  if (limit === null) return null;
  const perMs = (PACE * limit) / MINUTE_MS;
  const burstMs = (BURST * limit) / perMs;
  const from = Math.max(promisedAt ?? 0, now - burstMs);
  return { from, at: from + amount / perMs };
}

export interface ProviderFailure {
  code: ProviderProblem;
  /** Whether it says that the provider is down, and not that it wants fewer requests. */
  isDown: boolean;
  isProbe: boolean;
  askedWaitMs?: number | undefined;
}

/** What a failure means for the next one who asks. `askedWaitMs` is how long the provider wants to be left alone. */
export function afterFailure(
  state: ProviderState,
  now: number,
  { code, isDown, isProbe, askedWaitMs }: ProviderFailure,
): ProviderState {
  const blockedUntil =
    askedWaitMs === undefined ? state.blockedUntil : Math.max(state.blockedUntil ?? 0, now + askedWaitMs);
  if (!isDown) {
    // It wants fewer requests, so it is there.
    return isProbe ? { ...afterAnswer(state, true), blockedUntil } : { ...state, blockedUntil };
  }
  const failures = state.failures + 1;
  // Answers to what was asked before it was opened say nothing new.
  if (state.openUntil !== null && !isProbe) return { ...state, failures, failureCode: code, blockedUntil };
  const opens = isProbe || failures >= FAILURES_TO_OPEN;
  return {
    ...state,
    failures,
    failureCode: code,
    blockedUntil,
    ...(opens ? { openUntil: now + OPEN_MS, probeUntil: null } : {}),
  };
}

/** An open breaker is closed by its probe alone: an answer that comes late says nothing of the present. */
export function afterAnswer(state: ProviderState, isProbe: boolean): ProviderState {
  if (state.openUntil !== null && !isProbe) return state;
  return { ...state, failures: 0, failureCode: null, openUntil: null, probeUntil: null };
}

/** What an answer's headers say; undefined where they say nothing. */
export interface SeenLimits {
  limit?: number | undefined;
  remaining?: number | undefined;
  resetMs?: number | undefined;
}

/** Takes over the provider's limits, and leaves it time where it says that little is left. */
export function afterHeaders(
  state: ProviderState,
  now: number,
  { tokens, requests }: { tokens: SeenLimits; requests: SeenLimits },
): ProviderState {
  return {
    ...state,
    tokensPerMinute: tokens.limit ?? state.tokensPerMinute,
    requestsPerMinute: requests.limit ?? state.requestsPerMinute,
    tokensAt: recovered(state.tokensAt, now, tokens),
    requestsAt: recovered(state.requestsAt, now, requests),
  };
}

export function isLow({ limit, remaining }: SeenLimits): boolean {
  return limit !== undefined && remaining !== undefined && remaining < LOW * limit;
}

function recovered(promisedAt: number | null, now: number, seen: SeenLimits): number | null {
  if (!isLow(seen)) return promisedAt;
  const { limit, remaining, resetMs = MINUTE_MS } = seen;
  const untilFuller = ((RECOVERED * limit! - remaining!) / limit!) * MINUTE_MS;
  return Math.max(promisedAt ?? 0, now + Math.min(resetMs, untilFuller));
}
