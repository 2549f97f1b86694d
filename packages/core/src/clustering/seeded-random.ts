/** Uniform numbers in [0, 1). */
export type RandomNumbers = () => number;

/**
 * Mulberry32 (Tommy Ettinger, public domain): the same seed gives the same numbers on every machine and in
 * every version of this program, which neither Math.random nor a dependency's update would promise.
 */
export function seededRandom(seed: number): RandomNumbers {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
