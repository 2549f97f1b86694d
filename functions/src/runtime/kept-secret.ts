/** How long a secret that was replaced may still be used. */
const MAX_AGE_MS = 60_000;
/** However often a wrong token comes, the store is asked no more than once in so long on its account. */
const LEAST_REREAD_MS = 5_000;

export interface KeptSecret<T> {
  /** What was read last, if that is less than 60 s ago; calls at the same time share one request. */
  get(): Promise<T>;
  /** Reads again unless that was done a moment ago: for a caller to whom what is kept seems out of date. */
  reread(): Promise<T>;
  /** What the store held at that moment or later. */
  readSince(momentMs: number): Promise<T>;
}

/**
 * Keeps what was read from a secret store for 60 s at most. A read that failed is not kept.
 *
 * @param now milliseconds since the epoch
 */
export function keptSecret<T>(read: () => Promise<T>, now: () => number = Date.now): KeptSecret<T> {
  let last: { readAt: number; value: Promise<T> } | undefined;
  const valueIf = (isGoodEnough: (readAt: number) => boolean): Promise<T> => {
    if (last === undefined || !isGoodEnough(last.readAt)) {
      const value = read();
      last = { readAt: now(), value };
      value.catch(() => {
        if (last?.value === value) last = undefined;
      });
    }
    return last.value;
  };
  // The absolute difference: a container that was frozen may find its clock set back.
  const youngerThan = (ms: number) => (readAt: number) => Math.abs(now() - readAt) < ms;
  return {
    get: () => valueIf(youngerThan(MAX_AGE_MS)),
    reread: () => valueIf(youngerThan(LEAST_REREAD_MS)),
    readSince: (momentMs) => valueIf((readAt) => readAt >= momentMs),
  };
}
