import type { Labels } from "./graph.ts";
import type { PackedRows } from "./packed-rows.ts";

/**
 * The direction in which the members of each group point: the sum of their vectors in unit length, row-major,
 * count x dimensions. A group whose members cancel out or have no length gets a row of zeros. A row counts as often
 * as `notes` says it stands for a note. Labels and notes are by place, and `rowAt` is the row at each place.
 */
export function centroidsOf(
  { codes, inverseLengths, dimensions, stride }: PackedRows,
  { label, count }: Labels,
  notes: ArrayLike<number>,
  rowAt: Int32Array,
): Float32Array {
  const sums = new Float64Array(count * dimensions);
  for (let place = 0; place < label.length; place++) {
    const row = rowAt[place]!;
    const weight = notes[place]! * inverseLengths[row]!;
    addRow(sums, label[place]! * dimensions, codes, row * stride, dimensions, weight);
  }
  const centroids = new Float32Array(count * dimensions);
  for (let first = 0; first < sums.length; first += dimensions) {
    normalise(sums, first, dimensions, centroids);
  }
  return centroids;
}

// A row a call: a function that is called often is compiled at once, a long loop only while it is run.
function addRow(
  sums: Float64Array,
  to: number,
  codes: Int16Array,
  from: number,
  dimensions: number,
  weight: number,
): void {
  for (let d = 0; d < dimensions; d++) sums[to + d]! += weight * codes[from + d]!;
}

function normalise(sums: Float64Array, first: number, dimensions: number, into: Float32Array): void {
  let squares = 0;
  for (let at = first; at < first + dimensions; at++) squares += sums[at]! * sums[at]!;
  if (squares === 0) return;
  const length = Math.sqrt(squares);
  for (let at = first; at < first + dimensions; at++) into[at] = sums[at]! / length;
}

/** Cosine similarity of a row and a centroid; 0 where either has no length. */
export function similarityTo(
  centroids: Float32Array,
  group: number,
  { codes, inverseLengths, dimensions, stride }: PackedRows,
  row: number,
): number {
  let dot = 0;
  const from = row * stride;
  const to = group * dimensions;
  for (let d = 0; d < dimensions; d++) dot += codes[from + d]! * centroids[to + d]!;
  return dot * inverseLengths[row]!;
}
