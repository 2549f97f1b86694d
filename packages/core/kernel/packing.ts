/**
 * What src/clustering/packed-rows.ts does with each vector, to the bit, for a thread that has not run it often enough
 * to be fast. Of one note's vector it takes a microsecond.
 */

/** As in packed-rows.ts. */
const LANES: usize = 16;
const LARGEST_CODE: f64 = 32_767;
const LONGEST_LANE: f64 = 46_300;

/**
 * Packs `count` vectors of `dimensions` f32 at `vectors` into rows of `stride` i16 at `codes`, one f64 at
 * `inverseLengths` and one u64 at `keys`. `lanes` is scratch for 16 f64.
 */
export function pack(
  vectors: usize,
  count: usize,
  dimensions: usize,
  codes: usize,
  stride: usize,
  inverseLengths: usize,
  keys: usize,
  lanes: usize,
): void {
  for (let row: usize = 0; row < count; row++) {
    const vector = vectors + ((row * dimensions) << 2);
    const first = codes + ((row * stride) << 1);
    const scale = scaleOf(vector, dimensions, lanes);
    let squares: f64 = 0;
    memory.fill(first, 0, stride << 1);
    if (scale > 0) {
      for (let d: usize = 0; d < dimensions; d++) {
        const code = floor(<f64>load<f32>(vector + (d << 2)) * scale + 0.5);
        store<i16>(first + (d << 1), <i16>code);
        squares += code * code;
      }
    }
    store<f64>(inverseLengths + (row << 3), squares === 0 ? 0 : 1 / sqrt(squares));
    store<u64>(keys + (row << 3), hashOf(first, first + (stride << 1)));
  }
}

function scaleOf(vector: usize, dimensions: usize, lanes: usize): f64 {
  let largest: f64 = 0;
  memory.fill(lanes, 0, LANES << 3);
  for (let d: usize = 0; d < dimensions; d++) {
    const value = <f64>load<f32>(vector + (d << 2));
    const square = value * value;
    const lane = lanes + (((d >> 1) & (LANES - 1)) << 3);
    store<f64>(lane, load<f64>(lane) + square);
    if (square > largest) largest = square;
  }
  let longest: f64 = 0;
  let all: f64 = 0;
  for (let lane: usize = 0; lane < LANES; lane++) {
    const sum = load<f64>(lanes + (lane << 3));
    if (sum > longest) longest = sum;
    all += sum;
  }
  if (!(largest > 0 && all < f64.MAX_VALUE)) return 0;
  return min(LARGEST_CODE / sqrt(largest), LONGEST_LANE / sqrt(longest));
}

function hashOf(first: usize, end: usize): u64 {
  let low: u32 = 0x2f0b4c47;
  let high: u32 = 0x5bd1e995;
  for (let at = first; at < end; at += 4) {
    const word = load<u32>(at);
    low ^= rotl<u32>(word * 0xcc9e2d51, 15) * 0x1b873593;
    low = rotl<u32>(low, 13) * 5 + 0xe6546b64;
    high ^= rotl<u32>((word ^ low) * 0x239b961b, 16) * 0xab0e9789;
    high = rotl<u32>(high, 15) * 5 + 0x38b34ae5;
  }
  return ((<u64>finished(high)) << 32) | <u64>finished(low);
}

function finished(hash: u32): u32 {
  let mixed = (hash ^ (hash >> 16)) * 0x85ebca6b;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35;
  return mixed ^ (mixed >> 16);
}
