/**
 * How likely a count as high as the one seen is where nothing has changed. Detectors compare it with a small threshold
 * divided by the number of themes (Bonferroni), so that an account with many themes gets no more false alarms.
 */

/**
 * P(X >= count) for a count with this mean whose variance is `dispersion` times as large: negative binomial, or
 * Poisson where the dispersion is 1. Notes come in sittings, so their counts vary more than a Poisson count does.
 */
export function tailOfCount(count: number, mean: number, dispersion: number): number {
  if (count <= 0) return 1;
  let below = 0;
  if (dispersion < 1.01) {
    for (let k = 0, p = Math.exp(-mean); k < count; k++, p *= mean / k) below += p;
  } else {
    const size = mean / (dispersion - 1);
    const success = 1 / dispersion;
    let p = success ** size;
    for (let k = 0; k < count; k++) {
      below += p;
      p *= ((size + k) / (k + 1)) * (1 - success);
    }
  }
  return Math.min(1, Math.max(1e-12, 1 - below));
}

/** P(X >= hits) of `trials` with this chance each. */
export function tailOfHits(hits: number, trials: number, chance: number): number {
  let tail = 0;
  for (let k = hits; k <= trials; k++) {
    tail += choose(trials, k) * chance ** k * (1 - chance) ** (trials - k);
  }
  return Math.min(1, Math.max(1e-12, tail));
}

function choose(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i;
  return ways;
}

/** 0 at a chance of one, 1 at one in a million and below. */
export function confidenceOf(chance: number): number {
  return clamp(-Math.log10(chance) / 6);
}

export function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
