/** Row-major vectors: row i is `vectors[i * dimensions .. (i + 1) * dimensions)`. Rows need not be unit length. */
export interface VectorRows {
  vectors: Float32Array;
  count: number;
  dimensions: number;
}

export interface NeighbourLists {
  /** count x k row indexes, most similar first, -1 where a row has fewer than k others. */
  neighbours: Int32Array;
  /** count x k cosine similarities beside them, 0 where there is no neighbour. */
  similarities: Float32Array;
}

// 64 rows of 512 doubles are 256 KB: the panel that is held stays in the second-level cache while the
// other one streams past it.
const PANEL_ROWS = 64;

/**
 * Exact k nearest neighbours by cosine similarity, each row against all others (never itself).
 *
 * Ties go to the lower row index, so the lists depend on nothing but the vectors. A row of zero (or
 * non-finite) length has similarity 0 to every other. Time is count² x dimensions / 2; memory beyond the
 * result is two panels.
 */
export function nearestNeighbours({ vectors, count, dimensions }: VectorRows, k: number): NeighbourLists {
  const neighbours = new Int32Array(count * k).fill(-1);
  const similarities = new Float32Array(count * k);
  const scales = inverseLengths({ vectors, count, dimensions });
  const held = new Float64Array(PANEL_ROWS * dimensions);
  const passing = new Float64Array(PANEL_ROWS * dimensions);
  const tile = new Float32Array(PANEL_ROWS * PANEL_ROWS);

  // Similarity is symmetric: each pair of panels is multiplied once and offered to both sides.
  for (let rowStart = 0; rowStart < count; rowStart += PANEL_ROWS) {
    const rows = Math.min(PANEL_ROWS, count - rowStart);
    packPanel(held, vectors, scales, rowStart, rows, dimensions);
    for (let columnStart = rowStart; columnStart < count; columnStart += PANEL_ROWS) {
      const columns = Math.min(PANEL_ROWS, count - columnStart);
      packPanel(passing, vectors, scales, columnStart, columns, dimensions);
      multiplyPanels(held, passing, rows, columns, dimensions, tile);
      for (let r = 0; r < rows; r++) {
        const row = rowStart + r;
        const firstColumn = columnStart === rowStart ? r + 1 : 0;
        for (let c = firstColumn; c < columns; c++) {
          const similarity = tile[r * PANEL_ROWS + c]!;
          offer(neighbours, similarities, k, row, columnStart + c, similarity);
          offer(neighbours, similarities, k, columnStart + c, row, similarity);
        }
      }
    }
  }
  return { neighbours, similarities };
}

function inverseLengths({ vectors, count, dimensions }: VectorRows): Float64Array {
  const scales = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let d = row * dimensions; d < (row + 1) * dimensions; d++) squares += vectors[d]! * vectors[d]!;
    scales[row] = squares > 0 && Number.isFinite(squares) ? 1 / Math.sqrt(squares) : 0;
  }
  return scales;
}

/** Copies unit rows as doubles, two rows interleaved, so that the multiplication reads forward only. */
function packPanel(
  panel: Float64Array,
  vectors: Float32Array,
  scales: Float64Array,
  start: number,
  rows: number,
  dimensions: number,
): void {
  if (rows < PANEL_ROWS) panel.fill(0);
  for (let r = 0; r < rows; r++) {
    const scale = scales[start + r]!;
    const from = (start + r) * dimensions;
    const to = (r >> 2) * 4 * dimensions + (r & 3);
    // A non-finite row must not become NaN x 0.
    for (let d = 0; d < dimensions; d++) panel[to + d * 4] = scale === 0 ? 0 : vectors[from + d]! * scale;
  }
}

/** All dot products of two panels, 4 x 2 rows at a time so that every value loaded is used more than once. */
function multiplyPanels(
  held: Float64Array,
  passing: Float64Array,
  rows: number,
  columns: number,
  dimensions: number,
  tile: Float32Array,
): void {
  for (let r = 0; r < rows; r += 4) {
    for (let c = 0; c < columns; c += 2) {
      let a = r * dimensions;
      let b = (c >> 2) * 4 * dimensions + (c & 3);
      const end = a + 4 * dimensions;
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
      tile[out] = s00;
      tile[out + 1] = s01;
      tile[out + PANEL_ROWS] = s10;
      tile[out + PANEL_ROWS + 1] = s11;
      tile[out + 2 * PANEL_ROWS] = s20;
      tile[out + 2 * PANEL_ROWS + 1] = s21;
      tile[out + 3 * PANEL_ROWS] = s30;
      tile[out + 3 * PANEL_ROWS + 1] = s31;
    }
  }
}

/** Inserts a candidate into a row's sorted list if it belongs there. */
function offer(
  neighbours: Int32Array,
  similarities: Float32Array,
  k: number,
  row: number,
  candidate: number,
  similarity: number,
): void {
  const first = row * k;
  let slot = first + k - 1;
  if (!precedes(neighbours, similarities, slot, candidate, similarity)) return;
  while (slot > first && precedes(neighbours, similarities, slot - 1, candidate, similarity)) {
    neighbours[slot] = neighbours[slot - 1]!;
    similarities[slot] = similarities[slot - 1]!;
    slot--;
  }
  neighbours[slot] = candidate;
  similarities[slot] = similarity;
}

function precedes(
  neighbours: Int32Array,
  similarities: Float32Array,
  slot: number,
  candidate: number,
  similarity: number,
): boolean {
  const present = neighbours[slot]!;
  if (present < 0) return true;
  return similarity > similarities[slot]! || (similarity === similarities[slot]! && candidate < present);
}
