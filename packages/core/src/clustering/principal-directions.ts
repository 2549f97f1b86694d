import { type PackedRows, packRows } from "./packed-rows.ts";
import { seededRandom } from "./seeded-random.ts";

/** A twentieth of the rows, within limits: more hardly change the directions, and twice the rows take twice the time. */
const SAMPLED_SHARE = 0.05;
const FEWEST_SAMPLED = 250;
const MOST_SAMPLED = 1_000;
const ITERATIONS = 2;
const SEED = 3;

/** The directions that most of the rows' length lies in, near enough orthonormal. */
export interface Directions {
  rows: PackedRows;
  /** At least the spectral norm of (products of all directions with each other) - identity. */
  skew: number;
}

/**
 * About the `width` leading principal directions (not centred) of a sample of the rows, by subspace iteration from
 * random directions (Halko, Martinsson & Tropp, "Finding structure with randomness", 2011). How good they are
 * decides how much time a sketch saves, never what is found.
 */
export function principalDirections(rows: PackedRows, width: number): Directions {
  const { count, dimensions, stride, codes, inverseLengths } = rows;
  const random = seededRandom(SEED);
  const sampled = Math.min(count, MOST_SAMPLED, Math.max(FEWEST_SAMPLED, Math.round(SAMPLED_SHARE * count)));
  const sample = new Float32Array(sampled * dimensions);
  for (let s = 0; s < sampled; s++) {
    const row = Math.floor((s * count) / sampled);
    for (let d = 0; d < dimensions; d++)
      sample[s * dimensions + d] = codes[row * stride + d]! * inverseLengths[row]!;
  }
  // One direction a row.
  let directions = new Float32Array(width * dimensions).map(() => random() - 0.5);
  orthonormalise(directions, width, dimensions);
  const coordinates = new Float32Array(width);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const next = new Float32Array(width * dimensions);
    for (let s = 0; s < sampled; s++) {
      const vector = sample.subarray(s * dimensions, (s + 1) * dimensions);
      for (let j = 0; j < width; j++) {
        let dot = 0;
        for (let d = 0, at = j * dimensions; d < dimensions; d++, at++) dot += vector[d]! * directions[at]!;
        coordinates[j] = dot;
      }
      for (let j = 0; j < width; j++) {
        const weight = coordinates[j]!;
        for (let d = 0, at = j * dimensions; d < dimensions; d++, at++) next[at]! += weight * vector[d]!;
      }
    }
    orthonormalise(next, width, dimensions);
    directions = next;
  }
  const packed = packRows({ vectors: directions, count: width, dimensions });
  return { rows: packed, skew: skewOf(packed) };
}

/** Modified Gram-Schmidt. A direction that the sample does not have (too few distinct rows) becomes zeros. */
function orthonormalise(directions: Float32Array, width: number, dimensions: number): void {
  for (let j = 0; j < width; j++) {
    const own = directions.subarray(j * dimensions, (j + 1) * dimensions);
    const before = Math.hypot(...own);
    for (let i = 0; i < j; i++) {
      const other = directions.subarray(i * dimensions, (i + 1) * dimensions);
      let dot = 0;
      for (let d = 0; d < dimensions; d++) dot += own[d]! * other[d]!;
      for (let d = 0; d < dimensions; d++) own[d]! -= dot * other[d]!;
    }
    const length = Math.hypot(...own);
    for (let d = 0; d < dimensions; d++) own[d] = length > 1e-3 * before ? own[d]! / length : 0;
  }
}

/** Directions of zeros leave nothing out of place: they count as orthonormal. */
function skewOf({ count, stride, codes, inverseLengths }: PackedRows): number {
  let squares = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      let dot = 0;
      for (let d = 0; d < stride; d++) dot += codes[a * stride + d]! * codes[b * stride + d]!;
      squares += 2 * (dot * inverseLengths[a]! * inverseLengths[b]!) ** 2;
    }
  }
  return Math.sqrt(squares);
}
