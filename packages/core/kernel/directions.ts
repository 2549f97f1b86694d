/** The arithmetic of src/clustering/principal-directions.ts. Rows of f32 are `stride` long, a multiple of 16. */

/** Shorter than this share of what it was, a direction is only rounding. */
const NOTHING_LEFT: f32 = 1e-3;

/** Adds to each of `width` rows at `next` the sum over all `count` samples of (sample · direction) sample. */
export function project(samples: usize, count: usize, directions: usize, width: usize, stride: usize, next: usize): void {
  const bytes = stride << 2;
  for (let sample = samples, end = samples + count * bytes; sample < end; sample += bytes) {
    for (let at: usize = 0; at < width * bytes; at += bytes) {
      addScaled(next + at, sample, product(sample, directions + at, bytes), bytes);
    }
  }
}

/** Modified Gram-Schmidt. A direction that the samples do not have (too few distinct rows) becomes zeros. */
export function orthonormalise(directions: usize, width: usize, stride: usize): void {
  const bytes = stride << 2;
  const end = directions + width * bytes;
  for (let own = directions; own < end; own += bytes) {
    const before = sqrt(product(own, own, bytes));
    for (let other = directions; other < own; other += bytes) {
      addScaled(own, other, -product(own, other, bytes), bytes);
    }
    const length = sqrt(product(own, own, bytes));
    scale(own, length > NOTHING_LEFT * before ? 1 / length : 0, bytes);
  }
}

@inline
function product(a: usize, b: usize, bytes: usize): f32 {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  for (const end = a + bytes; a < end; a += 64, b += 64) {
    sum0 = f32x4.add(sum0, f32x4.mul(v128.load(a), v128.load(b)));
    sum1 = f32x4.add(sum1, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
    sum2 = f32x4.add(sum2, f32x4.mul(v128.load(a, 32), v128.load(b, 32)));
    sum3 = f32x4.add(sum3, f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  }
  const sum = f32x4.add(f32x4.add(sum0, sum1), f32x4.add(sum2, sum3));
  return (
    f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)
  );
}

@inline
function addScaled(to: usize, row: usize, by: f32, bytes: usize): void {
  const factor = f32x4.splat(by);
  for (const end = to + bytes; to < end; to += 32, row += 32) {
    v128.store(to, f32x4.add(v128.load(to), f32x4.mul(factor, v128.load(row))));
    v128.store(to, f32x4.add(v128.load(to, 16), f32x4.mul(factor, v128.load(row, 16))), 16);
  }
}

@inline
function scale(row: usize, by: f32, bytes: usize): void {
  const factor = f32x4.splat(by);
  for (const end = row + bytes; row < end; row += 16) v128.store(row, f32x4.mul(factor, v128.load(row)));
}
