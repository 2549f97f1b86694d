import type { Directions } from "./directions.ts";
import { kernelMemory, startKernel } from "./kernel.ts";
import { packVectors } from "./pack-vectors.ts";
import { type PackedRows, packedStride } from "./packed-rows.ts";
import { seededRandom } from "./seeded-random.ts";

/** A twentieth of the rows, within limits: more hardly change the directions, and twice the rows take twice the time. */
const SAMPLED_SHARE = 0.05;
const FEWEST_SAMPLED = 250;
const MOST_SAMPLED = 1_000;
const ITERATIONS = 2;
const SEED = 3;
const SAMPLES_PER_CALL = 16;

/**
 * About the `width` leading principal directions (not centred) of a sample of the rows, by subspace iteration from
 * random directions (Halko, Martinsson & Tropp, "Finding structure with randomness", 2011). How good they are
 * decides how much time a sketch saves, never what is found.
 */
export function principalDirections(module: WebAssembly.Module, rows: PackedRows, width: number): Directions {
  const { count, dimensions, codes, inverseLengths } = rows;
  const stride = packedStride(dimensions);
  const sampled = Math.min(count, MOST_SAMPLED, Math.max(FEWEST_SAMPLED, Math.round(SAMPLED_SHARE * count)));
  const { memory, addresses } = kernelMemory([sampled * stride * 4, width * stride * 4, width * stride * 4]);
  const [samples, ...turns] = addresses as [number, number, number];
  const kernel = startKernel(module, memory);
  const at = (address: number, length: number) => new Float32Array(memory.buffer, address, length * stride);

  const sample = at(samples, sampled);
  for (let s = 0; s < sampled; s++) {
    const row = Math.floor((s * count) / sampled);
    for (let d = 0; d < dimensions; d++)
      sample[s * stride + d] = codes[row * stride + d]! * inverseLengths[row]!;
  }
  const random = seededRandom(SEED);
  let [directions, next] = turns as [number, number];
  const begin = at(directions, width);
  for (let j = 0; j < width; j++) {
    for (let d = 0; d < dimensions; d++) begin[j * stride + d] = random() - 0.5;
  }
  kernel.orthonormalise(directions, width, stride);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    at(next, width).fill(0);
    // In parts: the engine compiles what has run long better, but uses that from the next call on.
    for (let first = 0; first < sampled; first += SAMPLES_PER_CALL) {
      const count = Math.min(SAMPLES_PER_CALL, sampled - first);
      kernel.project(samples + first * stride * 4, count, directions, width, stride, next);
    }
    kernel.orthonormalise(next, width, stride);
    [directions, next] = [next, directions];
  }
  const found = at(directions, width);
  const vectors = new Float32Array(width * dimensions);
  for (let j = 0; j < width; j++) {
    vectors.set(found.subarray(j * stride, j * stride + dimensions), j * dimensions);
  }
  const packed = packVectors({ vectors, count: width, dimensions });
  return { rows: packed, skew: skewOf(packed) };
}

/** Directions of zeros leave nothing out of place: they count as orthonormal. */
function skewOf({ count, stride, codes, inverseLengths }: PackedRows): number {
  let squares = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const dot = dotOfCodes(codes, a * stride, b * stride, stride);
      squares += 2 * (dot * inverseLengths[a]! * inverseLengths[b]!) ** 2;
    }
  }
  return Math.sqrt(squares);
}

function dotOfCodes(codes: Int16Array, a: number, b: number, length: number): number {
  let dot = 0;
  for (let d = 0; d < length; d++) dot += codes[a + d]! * codes[b + d]!;
  return dot;
}
