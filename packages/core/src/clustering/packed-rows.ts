/** Row-major vectors: row i is `vectors[i * dimensions .. (i + 1) * dimensions)`. Rows need not be unit length. */
export interface VectorRows {
  vectors: Float32Array;
  count: number;
  dimensions: number;
}

/**
 * Rows as all of clustering sees them: directions in 16-bit codes. A row of zero or of non-finite length is all
 * zeros. What was rounded here once is not rounded again: sums of products of codes are exact in double precision,
 * so that similarities do not depend on the order of summation, on the machine or on the number of threads. Rounding
 * moves a cosine by some millionths.
 */
export interface PackedRows {
  count: number;
  dimensions: number;
  /** Codes of one row: `dimensions`, filled up with zeros to a multiple of 32. */
  stride: number;
  codes: Int16Array;
  /** One over the length of each row's codes, 0 for a row without length. */
  inverseLengths: Float64Array;
  /** 64 bits of a hash of each row's codes: which of two equally similar rows comes first, wherever they are stored. */
  keys: BigUint64Array;
}

/** Products are summed in sixteen 32-bit lanes (see kernel/neighbours.ts); a lane takes each sixteenth pair of codes. */
const LANES = 16;
const CODES_PER_BLOCK = 2 * LANES;
const LARGEST_CODE = 32_767;
/** A lane's sum is at most the product of two lanes' lengths, and 46,340² is just below 2^31. Rounding adds up to 10. */
const LONGEST_LANE = 46_300;

export function packedStride(dimensions: number): number {
  return Math.max(1, Math.ceil(dimensions / CODES_PER_BLOCK)) * CODES_PER_BLOCK;
}

export function emptyRows(count: number, dimensions: number): PackedRows {
  const stride = packedStride(dimensions);
  return {
    count,
    dimensions,
    stride,
    codes: new Int16Array(count * stride),
    inverseLengths: new Float64Array(count),
    keys: new BigUint64Array(count),
  };
}

export function packRows({ vectors, count, dimensions }: VectorRows): PackedRows {
  const rows = emptyRows(count, dimensions);
  const words = new Int32Array(rows.codes.buffer);
  const wordsPerRow = rows.stride / 2;
  for (let row = 0; row < count; row++) {
    packRow(rows, row, vectors, row * dimensions);
    rows.keys[row] = hashOfCodes(words, row * wordsPerRow, (row + 1) * wordsPerRow);
  }
  return rows;
}

/** Packs the vector that begins at `from` as row `row`, but for its key. */
function packRow(rows: PackedRows, row: number, vectors: Float32Array, from: number): void {
  const { codes, dimensions, stride } = rows;
  const first = row * stride;
  const scale = scaleOf(vectors, from, dimensions);
  let squares = 0;
  // Without a scale the codes stay 0: what has no finite length has no direction.
  for (let d = 0; scale > 0 && d < dimensions; d++) {
    const code = Math.floor(vectors[from + d]! * scale + 0.5);
    codes[first + d] = code;
    squares += code * code;
  }
  codes.fill(0, first + (scale > 0 ? dimensions : 0), first + stride);
  rows.inverseLengths[row] = squares === 0 ? 0 : 1 / Math.sqrt(squares);
}

const laneSquares = new Float64Array(LANES);

/** The largest scale at which neither a code nor a lane's sum can overflow; 0 for a row without a direction. */
function scaleOf(vectors: Float32Array, from: number, dimensions: number): number {
  let largest = 0;
  laneSquares.fill(0);
  for (let d = 0; d < dimensions; d++) {
    // In double precision no square of a number in single precision is too large or too small.
    const square = vectors[from + d]! * vectors[from + d]!;
    laneSquares[(d >> 1) & (LANES - 1)]! += square;
    if (square > largest) largest = square;
  }
  let longest = 0;
  let all = 0;
  for (let lane = 0; lane < LANES; lane++) {
    if (laneSquares[lane]! > longest) longest = laneSquares[lane]!;
    all += laneSquares[lane]!;
  }
  if (!(largest > 0 && all < Number.POSITIVE_INFINITY)) return 0;
  return Math.min(LARGEST_CODE / Math.sqrt(largest), LONGEST_LANE / Math.sqrt(longest));
}

/** MurmurHash3's mixing steps over words of two codes, twice with different constants. */
function hashOfCodes(words: Int32Array, first: number, end: number): bigint {
  let low = 0x2f0b4c47;
  let high = 0x5bd1e995;
  for (let i = first; i < end; i++) {
    const word = words[i]!;
    let mixed = Math.imul(word, 0xcc9e2d51 | 0);
    low ^= Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    low = (Math.imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
    mixed = Math.imul(word ^ low, 0x239b961b);
    high ^= Math.imul((mixed << 16) | (mixed >>> 16), 0xab0e9789 | 0);
    high = (Math.imul((high << 15) | (high >>> 17), 5) + 0x38b34ae5) | 0;
  }
  return (BigInt(finished(high)) << 32n) | BigInt(finished(low));
}

function finished(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b | 0);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35 | 0);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The rows at these positions, in this order. */
export function rowsAt(rows: PackedRows, positions: ArrayLike<number>): PackedRows {
  const taken = emptyRows(positions.length, rows.dimensions);
  for (let row = 0; row < positions.length; row++) copyRow(rows, positions[row]!, taken, row);
  return taken;
}

export function copyRow(from: PackedRows, row: number, to: PackedRows, at: number): void {
  const { stride } = from;
  to.codes.set(from.codes.subarray(row * stride, (row + 1) * stride), at * stride);
  to.inverseLengths[at] = from.inverseLengths[row]!;
  to.keys[at] = from.keys[row]!;
}

/** Makes a row one of no length, whose key no row has. */
export function blankRow({ codes, stride, inverseLengths, keys }: PackedRows, row: number): void {
  codes.fill(0, row * stride, (row + 1) * stride);
  inverseLengths[row] = 0;
  keys[row] = 0n;
}

/** The same rows with room for `count`. */
export function resizedRows(rows: PackedRows, count: number): PackedRows {
  const resized = emptyRows(count, rows.dimensions);
  const kept = Math.min(count, rows.count);
  resized.codes.set(rows.codes.subarray(0, kept * rows.stride));
  resized.inverseLengths.set(rows.inverseLengths.subarray(0, kept));
  resized.keys.set(rows.keys.subarray(0, kept));
  return resized;
}
