import type { PackedRows } from "./packed-rows.ts";

export interface NeighbourLists {
  /** count x k row indexes, most similar first, -1 where a row has fewer than k others that are similar at all. */
  neighbours: Int32Array;
  /** count x k cosine similarities beside them, all above 0; 0 where there is no neighbour. */
  similarities: Float32Array;
}

// 64 rows of 512 doubles are 256 KB: the panel that is held stays in the second-level cache while the
// other one streams past it.
const PANEL_ROWS = 64;

/**
 * Exact k nearest neighbours by cosine similarity, each row against all others (never itself).
 *
 * In plain JavaScript on this thread: what find-neighbours.ts must give to the bit, and what takes its place where
 * its kernel cannot run. Ties go to the row with the smaller key, so the lists depend on nothing but the rows. Only
 * similarities above 0 count, so a row without length has no neighbours. Time is count² x dimensions / 2; memory
 * beyond the result is two panels.
 */
export function nearestNeighbours(rows: PackedRows, k: number): NeighbourLists {
  const { count, stride } = rows;
  const lists = { neighbours: new Int32Array(count * k).fill(-1), similarities: new Float32Array(count * k) };
  const held = new Float64Array(PANEL_ROWS * stride);
  const passing = new Float64Array(PANEL_ROWS * stride);
  const dots = new Float64Array(PANEL_ROWS * PANEL_ROWS);

  // Similarity is symmetric: each pair of panels is multiplied once and offered to both sides.
  for (let rowStart = 0; rowStart < count; rowStart += PANEL_ROWS) {
    const heldRows = Math.min(PANEL_ROWS, count - rowStart);
    packPanel(held, rows, rowStart, heldRows);
    for (let columnStart = rowStart; columnStart < count; columnStart += PANEL_ROWS) {
      const columns = Math.min(PANEL_ROWS, count - columnStart);
      packPanel(passing, rows, columnStart, columns);
      multiplyPanels(held, passing, heldRows, columns, stride, dots);
      for (let r = 0; r < heldRows; r++) {
        const row = rowStart + r;
        const firstColumn = columnStart === rowStart ? r + 1 : 0;
        for (let c = firstColumn; c < columns; c++) {
          const other = columnStart + c;
          const cosine = cosineOf(dots[r * PANEL_ROWS + c]!, rows, row, other);
          offer(lists, k, rows.keys, row, other, cosine);
          offer(lists, k, rows.keys, other, row, cosine);
        }
      }
    }
  }
  return lists;
}

/** The similarity that belongs to an exact sum of products, rounded to single precision once. */
function cosineOf(dot: number, { inverseLengths }: PackedRows, a: number, b: number): number {
  return Math.fround(dot * (inverseLengths[a]! * inverseLengths[b]!));
}

/** Copies codes as doubles, four rows interleaved, so that the multiplication reads forward only. */
function packPanel(panel: Float64Array, { codes, stride }: PackedRows, start: number, rows: number): void {
  if (rows < PANEL_ROWS) panel.fill(0);
  for (let r = 0; r < rows; r++) {
    const from = (start + r) * stride;
    const to = (r >> 2) * 4 * stride + (r & 3);
    for (let d = 0; d < stride; d++) panel[to + d * 4] = codes[from + d]!;
  }
}

/** All dot products of two panels, 4 x 2 rows at a time so that every value loaded is used more than once. */
function multiplyPanels(
  held: Float64Array,
  passing: Float64Array,
  rows: number,
  columns: number,
  stride: number,
  dots: Float64Array,
): void {
  for (let r = 0; r < rows; r += 4) {
    for (let c = 0; c < columns; c += 2) {
      let a = r * stride;
      let b = (c >> 2) * 4 * stride + (c & 3);
      const end = a + 4 * stride;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (; a < end; a += 4, b += 4) {
        const b0 = passing[b]!;
        const b1 = passing[b + 1]!;
        const a0 = held[a]!;
        s00 += a0 * b0;
        s01 += a0 * b1;
        const a1 = held[a + 1]!;
        s10 += a1 * b0;
        s11 += a1 * b1;
        const a2 = held[a + 2]!;
        s20 += a2 * b0;
        s21 += a2 * b1;
        const a3 = held[a + 3]!;
        s30 += a3 * b0;
        s31 += a3 * b1;
      }
      const out = r * PANEL_ROWS + c;
      dots[out] = s00;
      dots[out + 1] = s01;
      dots[out + PANEL_ROWS] = s10;
      dots[out + PANEL_ROWS + 1] = s11;
      dots[out + 2 * PANEL_ROWS] = s20;
      dots[out + 2 * PANEL_ROWS + 1] = s21;
      dots[out + 3 * PANEL_ROWS] = s30;
      dots[out + 3 * PANEL_ROWS + 1] = s31;
    }
  }
}

/** Inserts a candidate into a row's sorted list if it belongs there. */
function offer(
  { neighbours, similarities }: NeighbourLists,
  k: number,
  keys: BigUint64Array,
  row: number,
  candidate: number,
  cosine: number,
): void {
  const first = row * k;
  let at = first + k - 1;
  if (cosine < similarities[at]!) return;
  const precedes = (slot: number) => {
    if (cosine !== similarities[slot]!) return cosine > similarities[slot]!;
    return neighbours[slot]! >= 0 && keys[candidate]! < keys[neighbours[slot]!]!;
  };
  if (!precedes(at)) return;
  while (at > first && precedes(at - 1)) {
    neighbours[at] = neighbours[at - 1]!;
    similarities[at] = similarities[at - 1]!;
    at--;
  }
  neighbours[at] = candidate;
  similarities[at] = cosine;
}
