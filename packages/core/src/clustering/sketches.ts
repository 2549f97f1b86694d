import type { Directions } from "./directions.ts";
import type { Search } from "./search.ts";

/** What the kernel made of each row to dismiss most pairs by (see kernel/neighbours.ts), to go on from later. */
export interface Sketches {
  directions: Directions;
  /** Row-major, as many codes a row as there are directions. */
  codes: Int8Array;
  steps: Float32Array;
  remainders: Float32Array;
  slacks: Float32Array;
}

/** The slack of a row that does not exist: no bound reaches anything with it. */
const NEVER = -1e30;

export function sketchesOf({ views }: Search, directions: Directions): Sketches {
  const { sketches, steps, remainders, slacks } = views;
  return {
    directions,
    codes: Int8Array.from(sketches),
    steps: Float32Array.from(steps),
    remainders: Float32Array.from(remainders),
    slacks: Float32Array.from(slacks),
  };
}

export function writeSketches({ views }: Search, { codes, steps, remainders, slacks }: Sketches): void {
  views.sketches.set(codes);
  views.steps.set(steps);
  views.remainders.set(remainders);
  views.slacks.set(slacks);
}

/** Sketches of rows that do not exist. */
export function emptySketches(directions: Directions, count: number): Sketches {
  return {
    directions,
    codes: new Int8Array(count * directions.rows.count),
    steps: new Float32Array(count),
    remainders: new Float32Array(count),
    slacks: new Float32Array(count).fill(NEVER),
  };
}

/** The same sketches with room for `count` rows; those that are not there reach nobody. */
export function resizedSketches({ directions, ...rows }: Sketches, count: number): Sketches {
  const width = directions.rows.count;
  const resized = emptySketches(directions, count);
  const kept = Math.min(count, rows.steps.length);
  resized.codes.set(rows.codes.subarray(0, kept * width));
  resized.steps.set(rows.steps.subarray(0, kept));
  resized.remainders.set(rows.remainders.subarray(0, kept));
  resized.slacks.set(rows.slacks.subarray(0, kept));
  return resized;
}

export function blankSketch({ directions, codes, steps, remainders, slacks }: Sketches, row: number): void {
  const width = directions.rows.count;
  codes.fill(0, row * width, (row + 1) * width);
  steps[row] = 0;
  remainders[row] = 0;
  slacks[row] = NEVER;
}
