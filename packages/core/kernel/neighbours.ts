/**
 * All that is hot in finding nearest neighbours, in AssemblyScript: TypeScript's syntax, one WebAssembly instruction
 * for each `i32x4.…` and `f32x4.…`. `npm run kernel:build` compiles it into ../src/clustering/kernel-bytes.ts.
 *
 * A pair of rows meets in two stages:
 *  1. Sketches: a few leading coordinates of each row in 7 bits. What they say of a pair's similarity, plus all that
 *     they can possibly be wrong by, is an upper bound. Where it reaches neither row's list, the pair is done: so end
 *     nine pairs in ten, four rows against eight at a time.
 *  2. Codes: all coordinates in 16 bits. Their product is integer arithmetic without rounding, so that a similarity is
 *     the same number on every machine, in either order, in this kernel and in nearest-neighbours.ts.
 *
 * Memory is the caller's: all addresses come through `configure`. Several instances on threads of their own may share
 * it, each with its own lists and scratch. `thresholds` are shared and written without locks: a value there is some
 * list's last entry, so it only grows towards the final one, and a lost update costs time and no neighbour.
 */

/** Rows in a panel of sketches: two vectors of four lanes. */
const PANEL_ROWS: usize = 8;
/** Queries in a tile. 4 x 8 pairs are 8 accumulators: with the operands, what 16 vector registers hold. */
const GROUP_ROWS: usize = 4;
/** Sketch codes are -63 .. 63; a panel holds them plus 64, for the 7-bit operand of the product. */
const LARGEST_CODE: f32 = 63;
const CODE_OFFSET: i32 = 64;
/** Rows that do not exist reach nobody. */
const NEVER: f32 = -1e30;
/** More than single precision can be off by in the sum of four terms no larger than 2. */
const ROUNDING: f32 = 2e-6;

let listLength: usize = 0;
let rowCount: usize = 0;
/** Bytes of one row of codes, a multiple of 64. */
let codeBytes: usize = 0;
/** Coordinates of a sketch, a multiple of 4. */
let sketchWidth: usize = 0;
/** How far the directions of the sketches are from orthonormal (see sketch.ts). */
let skew: f32 = 0;

let codes: usize = 0; // i16[rows + sketchWidth][codeBytes / 2]: the rows, then the directions of the sketches
let inverseLengths: usize = 0; // f64, one for each row of codes
let keys: usize = 0; // u64 a row: which of two equally similar rows comes first
let closed: usize = 0; // u8 a row: 1 where a list takes nothing but what its own scan finds
let sketches: usize = 0; // i8[rows][sketchWidth]
let panels: usize = 0; // u8[rows / 8][sketchWidth / 4][8 rows][4 coordinates]
let steps: usize = 0; // f32 a row: what one unit of its sketch stands for
let remainders: usize = 0; // f32 a row: the length of what its sketch leaves out
let slacks: usize = 0; // f32 a row: how much its sketch's rounding can add to a product
let thresholds: usize = 0; // f32 a row: no less similar row can enter its list
let neighbours: usize = 0; // i32[rows][listLength]
let similarities: usize = 0; // f32[rows][listLength]
let scratch: usize = 0; // see scan()

export function configure(
  rowCount_: usize, listLength_: usize, codeBytes_: usize, sketchWidth_: usize, skew_: f32,
  codes_: usize, inverseLengths_: usize, keys_: usize, closed_: usize, sketches_: usize, panels_: usize,
  steps_: usize, remainders_: usize, slacks_: usize, thresholds_: usize, neighbours_: usize, similarities_: usize,
  scratch_: usize,
): void {
  rowCount = rowCount_;
  listLength = listLength_;
  codeBytes = codeBytes_;
  sketchWidth = sketchWidth_;
  skew = skew_;
  codes = codes_;
  inverseLengths = inverseLengths_;
  keys = keys_;
  closed = closed_;
  sketches = sketches_;
  panels = panels_;
  steps = steps_;
  remainders = remainders_;
  slacks = slacks_;
  thresholds = thresholds_;
  neighbours = neighbours_;
  similarities = similarities_;
  scratch = scratch_;
}

/**
 * The cosine of two rows of codes. Sixteen sums run side by side; pack-rows.ts scales each row so that none of them
 * can overflow, and their total is exact in double precision.
 */
function similarity(a: usize, b: usize): f32 {
  let x = codes + a * codeBytes;
  let y = codes + b * codeBytes;
  const end = x + codeBytes;
  let sum0 = i32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  do {
    sum0 = i32x4.add(sum0, i32x4.dot_i16x8_s(v128.load(x), v128.load(y)));
    sum1 = i32x4.add(sum1, i32x4.dot_i16x8_s(v128.load(x, 16), v128.load(y, 16)));
    sum2 = i32x4.add(sum2, i32x4.dot_i16x8_s(v128.load(x, 32), v128.load(y, 32)));
    sum3 = i32x4.add(sum3, i32x4.dot_i16x8_s(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  } while (x < end);
  const total = f64x2.add(f64x2.add(widened(sum0), widened(sum1)), f64x2.add(widened(sum2), widened(sum3)));
  const dot = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  return <f32>(dot * (load<f64>(inverseLengths + (a << 3)) * load<f64>(inverseLengths + (b << 3))));
}

/** Four 32-bit integers as two doubles, added in pairs. */
@inline
function widened(sum: v128): v128 {
  return f64x2.add(
    f64x2.convert_low_i32x4_s(sum),
    f64x2.convert_low_i32x4_s(i64x2.shuffle(sum, sum, 1, 0)),
  );
}

/** Sketches the rows first .. last - 1: a row's coordinates are its cosines with the directions. */
export function sketch(first: usize, last: usize): void {
  for (let row = first; row < last; row++) sketchRow(row);
}

function sketchRow(row: usize): void {
  let largest: f32 = 0;
  let squares: f32 = 0;
  for (let j: usize = 0; j < sketchWidth; j++) {
    const coordinate = similarity(row, rowCount + j);
    store<f32>(scratch + (j << 2), coordinate);
    largest = max(largest, abs(coordinate));
    squares += coordinate * coordinate;
  }
  const step = largest / LARGEST_CODE;
  const perStep: f32 = step > 0 ? <f32>1 / step : 0;
  let rounded: f32 = 0;
  for (let j: usize = 0; j < sketchWidth; j++) {
    const coordinate = load<f32>(scratch + (j << 2));
    const code = nearest(coordinate * perStep);
    const off = coordinate - code * step;
    rounded += off * off;
    store<i8>(sketches + row * sketchWidth + j, <i8>code);
  }
  const hasLength = load<f64>(inverseLengths + (row << 3)) > 0;
  store<f32>(steps + (row << 2), step);
  store<f32>(remainders + (row << 2), hasLength ? sqrt(max<f32>(0, 1 - squares / (1 + skew)) + ROUNDING) : 0);
  // |a||b's rounding| + |a's rounding||b|, where a sketch is hardly longer than 1 and a rounding at most its half step.
  const longest: f32 = 1 + skew + sqrt(<f32>sketchWidth) / (2 * LARGEST_CODE);
  store<f32>(slacks + (row << 2), hasLength ? sqrt(rounded) * longest + skew + ROUNDING : 0);
}

/** Lays the sketches of the panels first .. last - 1 out so that one load fetches four coordinates of four rows. */
export function layOutPanels(first: usize, last: usize): void {
  for (let panel = first; panel < last; panel++) {
    for (let r: usize = 0; r < PANEL_ROWS; r++) {
      const row = panel * PANEL_ROWS + r;
      let to = panels + panel * PANEL_ROWS * sketchWidth + r * 4;
      if (row >= rowCount) {
        for (let j: usize = 0; j < sketchWidth; j += 4, to += PANEL_ROWS * 4) store<u32>(to, 0);
        store<f32>(steps + (row << 2), 0);
        store<f32>(remainders + (row << 2), 0);
        store<f32>(slacks + (row << 2), NEVER);
        continue;
      }
      for (let j: usize = 0; j < sketchWidth; j += 4, to += PANEL_ROWS * 4) {
        const from = sketches + row * sketchWidth + j;
        for (let c: usize = 0; c < 4; c++) store<u8>(to + c, <u8>(<i32>load<i8>(from + c) + CODE_OFFSET));
      }
    }
  }
}

// What a query needs in a tile, in four arrays behind the sketches of the group.
const BIAS: usize = 0;
const ROW: usize = 16;
const STEP: usize = 32;
const REMAINDER: usize = 48;
const SLACK: usize = 64;
const GROUP_HEAD: usize = 80;

/** Bytes of scratch that a scan of so many queries takes. */
export function scratchBytes(queryCount: usize, width: usize): usize {
  return groupsOf(queryCount) * (GROUP_HEAD + GROUP_ROWS * width) + width * 4;
}

function groupsOf(queryCount: usize): usize {
  return (queryCount + GROUP_ROWS - 1) / GROUP_ROWS;
}

/**
 * Compares `queryCount` rows, whose numbers lie at `queries`, with all rows of the panels first .. last - 1, and
 * offers each row of the panels to the lists of the queries. With `back`, it offers each query to the lists of those
 * rows too, except to `closed` ones.
 */
export function scan(queries: usize, queryCount: usize, first: usize, last: usize, back: bool): void {
  const groups = groupsOf(queryCount);
  const groupBytes = GROUP_HEAD + GROUP_ROWS * sketchWidth;
  for (let group: usize = 0; group < groups; group++) {
    layOutGroup(scratch + group * groupBytes, queries, group * GROUP_ROWS, queryCount);
  }
  for (let panel = first; panel < last; panel++) {
    for (let group: usize = 0; group < groups; group++) {
      compareTile(scratch + group * groupBytes, panel, back);
    }
  }
}

function layOutGroup(group: usize, queries: usize, firstQuery: usize, queryCount: usize): void {
  for (let r: usize = 0; r < GROUP_ROWS; r++) {
    const present = firstQuery + r < queryCount;
    const row = present ? <usize>load<u32>(queries + ((firstQuery + r) << 2)) : 0;
    let bias: i32 = 0;
    let to = group + GROUP_HEAD + r * 4;
    for (let j: usize = 0; j < sketchWidth; j += 4, to += GROUP_ROWS * 4) {
      const from = sketches + row * sketchWidth + j;
      store<u32>(to, load<u32>(from));
      bias -= CODE_OFFSET * (<i32>load<i8>(from) + <i32>load<i8>(from, 1) + <i32>load<i8>(from, 2) + <i32>load<i8>(from, 3));
    }
    const lane = group + (r << 2);
    store<i32>(lane + BIAS, bias);
    store<u32>(lane + ROW, <u32>row);
    store<f32>(lane + STEP, load<f32>(steps + (row << 2)));
    store<f32>(lane + REMAINDER, load<f32>(remainders + (row << 2)));
    store<f32>(lane + SLACK, present ? load<f32>(slacks + (row << 2)) : NEVER);
  }
}

/** Four queries against the eight rows of a panel. */
function compareTile(group: usize, panel: usize, back: bool): void {
  let dot00 = v128.load32_splat(group, BIAS);
  let dot01 = dot00;
  let dot10 = v128.load32_splat(group, BIAS + 4);
  let dot11 = dot10;
  let dot20 = v128.load32_splat(group, BIAS + 8);
  let dot21 = dot20;
  let dot30 = v128.load32_splat(group, BIAS + 12);
  let dot31 = dot30;
  let query = group + GROUP_HEAD;
  const end = query + sketchWidth * GROUP_ROWS;
  let point = panels + panel * PANEL_ROWS * sketchWidth;
  for (; query < end; query += GROUP_ROWS * 4, point += PANEL_ROWS * 4) {
    const rows0 = v128.load(point);
    const rows1 = v128.load(point, 16);
    const query0 = v128.load32_splat(query);
    dot00 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query0, rows0, dot00);
    dot01 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query0, rows1, dot01);
    const query1 = v128.load32_splat(query, 4);
    dot10 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query1, rows0, dot10);
    dot11 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query1, rows1, dot11);
    const query2 = v128.load32_splat(query, 8);
    dot20 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query2, rows0, dot20);
    dot21 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query2, rows1, dot21);
    const query3 = v128.load32_splat(query, 12);
    dot30 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query3, rows0, dot30);
    dot31 = i32x4.relaxed_dot_i8x16_i7x16_add_s(query3, rows1, dot31);
  }
  const row0 = panel * PANEL_ROWS;
  const near =
    reach(group, 0, row0, dot00, back) |
    (reach(group, 0, row0 + 4, dot01, back) << 4) |
    (reach(group, 1, row0, dot10, back) << 8) |
    (reach(group, 1, row0 + 4, dot11, back) << 12) |
    (reach(group, 2, row0, dot20, back) << 16) |
    (reach(group, 2, row0 + 4, dot21, back) << 20) |
    (reach(group, 3, row0, dot30, back) << 24) |
    (reach(group, 3, row0 + 4, dot31, back) << 28);
  for (let left = near; left !== 0; left &= left - 1) {
    const pair = <usize>ctz(left);
    compareCodes(<usize>load<u32>(group + ((pair >> 3) << 2), ROW), row0 + (pair & 7), back);
  }
}

/** Bit i is set where the query and the row `row + i` may be similar enough for a list. */
@inline
function reach(group: usize, query: usize, row: usize, dots: v128, back: bool): i32 {
  const lane = group + (query << 2);
  const at = row << 2;
  const product = f32x4.mul(
    f32x4.mul(f32x4.convert_i32x4_s(dots), v128.load32_splat(lane, STEP)),
    v128.load(steps + at),
  );
  const leftOut = f32x4.mul(v128.load32_splat(lane, REMAINDER), v128.load(remainders + at));
  const slack = f32x4.add(v128.load32_splat(lane, SLACK), v128.load(slacks + at));
  const most = f32x4.add(f32x4.add(product, leftOut), slack);
  let threshold = v128.load32_splat(thresholds + (<usize>load<u32>(lane, ROW) << 2));
  if (back) threshold = f32x4.pmin(threshold, v128.load(thresholds + at));
  return i32x4.bitmask(f32x4.ge(most, threshold));
}

function compareCodes(query: usize, row: usize, back: bool): void {
  if (query === row) return;
  const cosine = similarity(query, row);
  if (cosine >= load<f32>(thresholds + (query << 2))) offer(query, row, cosine);
  if (back && cosine >= load<f32>(thresholds + (row << 2)) && load<u8>(closed + row) === 0) offer(row, query, cosine);
}

/** Puts a candidate into a row's sorted list if it belongs there. */
function offer(row: usize, candidate: usize, cosine: f32): void {
  const ids = neighbours + ((row * listLength) << 2);
  const cosines = similarities + ((row * listLength) << 2);
  let at = (listLength - 1) << 2;
  if (!precedes(candidate, cosine, load<i32>(ids + at), load<f32>(cosines + at))) return;
  while (at > 0 && precedes(candidate, cosine, load<i32>(ids + at - 4), load<f32>(cosines + at - 4))) {
    store<i32>(ids + at, load<i32>(ids + at - 4));
    store<f32>(cosines + at, load<f32>(cosines + at - 4));
    at -= 4;
  }
  store<i32>(ids + at, <i32>candidate);
  store<f32>(cosines + at, cosine);
  const last = load<f32>(cosines + ((listLength - 1) << 2));
  if (last > load<f32>(thresholds + (row << 2))) store<f32>(thresholds + (row << 2), last);
}

/** Ties go to the smaller key, and never to an entry without a row: that one says how far the list is complete. */
function precedes(candidate: usize, cosine: f32, other: i32, otherCosine: f32): bool {
  if (cosine !== otherCosine) return cosine > otherCosine;
  return other >= 0 && load<u64>(keys + (candidate << 3)) < load<u64>(keys + (<usize>other << 3));
}
