/**
 * Pairs of rows of one topic whose vectors are close. Each vector is first cut down to 128 signs of a random rotation
 * (random hyperplanes, Charikar 2002, by a randomised Hadamard transform), so that a topic of thousands
 * of notes is compared by counting bits; the cosine is computed only for pairs that pass.
 */

const WORDS = 4;
const BITS = WORDS * 32;
/** At a cosine of .75 signs differ in 29 of 128 places on average, with a standard deviation of 5; at one of .85 in 23. */
const MOST_DIFFERENT_BITS = 39;
const PARTNERS = 4;

export interface ClosePair {
  a: number;
  b: number;
  similarity: number;
}

/** @param vectors `count` unit vectors, row-major; a < b in each pair; at most a few partners a row, the closest. */
export function closePairs(
  vectors: Float32Array,
  dimensions: number,
  { leastSimilarity }: { leastSimilarity: number },
): ClosePair[] {
  const count = vectors.length / dimensions;
  const signatures = signaturesOf(vectors, count, dimensions);
  const pairs: ClosePair[] = [];
  for (let a = 0; a < count; a++) {
    const own: ClosePair[] = [];
    for (let b = a + 1; b < count; b++) {
      if (differentBits(signatures, a * WORDS, b * WORDS) > MOST_DIFFERENT_BITS) continue;
      const similarity = dot(vectors, a * dimensions, vectors, b * dimensions, dimensions);
      if (similarity >= leastSimilarity) own.push({ a, b, similarity });
    }
    own.sort((x, y) => y.similarity - x.similarity || x.b - y.b);
    pairs.push(...own.slice(0, PARTNERS));
  }
  return pairs;
}

export function dot(
  x: Float32Array,
  xFrom: number,
  y: Float32Array,
  yFrom: number,
  dimensions: number,
): number {
  // Four sums at once: one alone waits for each addition before the next can begin.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < dimensions; i += 4) {
    a += x[xFrom + i]! * y[yFrom + i]!;
    b += x[xFrom + i + 1]! * y[yFrom + i + 1]!;
    c += x[xFrom + i + 2]! * y[yFrom + i + 2]!;
    d += x[xFrom + i + 3]! * y[yFrom + i + 3]!;
  }
  for (; i < dimensions; i++) a += x[xFrom + i]! * y[yFrom + i]!;
  return a + b + c + d;
}

function signaturesOf(vectors: Float32Array, count: number, dimensions: number): Int32Array {
  let length = BITS;
  while (length < dimensions) length *= 2;
  const signs = flipsOf(length);
  const signatures = new Int32Array(count * WORDS);
  const rotated = new Float32Array(length);
  for (let row = 0; row < count; row++) {
    rotated.fill(0);
    rotated.set(vectors.subarray(row * dimensions, (row + 1) * dimensions));
    for (let i = 0; i < length; i++) rotated[i]! *= signs[i]!;
    hadamard(rotated);
    for (let bit = 0; bit < BITS; bit++) {
      if (rotated[bit]! > 0) signatures[row * WORDS + (bit >> 5)]! |= 1 << (bit & 31);
    }
  }
  return signatures;
}

/** The fast Walsh-Hadamard transform, in place. */
function hadamard(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let from = 0; from < values.length; from += 2 * half) {
      for (let i = from; i < from + half; i++) {
        const [x, y] = [values[i]!, values[i + half]!];
        values[i] = x + y;
        values[i + half] = x - y;
      }
    }
  }
}

/** Fixed signs, so that the same vectors always give the same pairs. */
function flipsOf(length: number): Float32Array {
  let state = 0x9e3779b9;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return (state >>> 16) & 1 ? 1 : -1;
  });
}

function differentBits(signatures: Int32Array, a: number, b: number): number {
  return (
    bitsOf(signatures[a]! ^ signatures[b]!) +
    bitsOf(signatures[a + 1]! ^ signatures[b + 1]!) +
    bitsOf(signatures[a + 2]! ^ signatures[b + 2]!) +
    bitsOf(signatures[a + 3]! ^ signatures[b + 3]!)
  );
}

/** The bits that are set, counted in parallel within the word. */
function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
