import type { VectorRows } from "./nearest-neighbours.ts";

export interface DistinctRows {
  rows: VectorRows;
  /** For each row given, its position among the distinct ones, which keep their order of first occurrence. */
  positionOf: Int32Array;
}

/**
 * Leaves one of each set of rows that are equal bit by bit.
 *
 * Copies of one text would otherwise fill each other's neighbour lists and cut themselves off from the rest,
 * and a thousand of them (empty notes, an untouched template) would be ties that only row order decides.
 */
export function distinctRows({ vectors, count, dimensions }: VectorRows): DistinctRows {
  const bits = new Int32Array(vectors.buffer, vectors.byteOffset, count * dimensions);
  const positionOf = new Int32Array(count);
  const firstRows: number[] = [];
  const positionsByHash = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const hash = hashOfRow(bits, row, dimensions);
    const alike = positionsByHash.get(hash) ?? [];
    let position = alike.find((candidate) => equalRows(bits, firstRows[candidate]!, row, dimensions));
    if (position === undefined) {
      position = firstRows.length;
      firstRows.push(row);
      alike.push(position);
      positionsByHash.set(hash, alike);
    }
    positionOf[row] = position;
  }
  if (firstRows.length === count) return { rows: { vectors, count, dimensions }, positionOf };

  const kept = new Float32Array(firstRows.length * dimensions);
  for (const [position, row] of firstRows.entries()) {
    kept.set(vectors.subarray(row * dimensions, (row + 1) * dimensions), position * dimensions);
  }
  return { rows: { vectors: kept, count: firstRows.length, dimensions }, positionOf };
}

function hashOfRow(bits: Int32Array, row: number, dimensions: number): number {
  let hash = 0;
  for (let d = row * dimensions; d < (row + 1) * dimensions; d++)
    hash = Math.imul(hash ^ bits[d]!, 0x01000193);
  return hash;
}

function equalRows(bits: Int32Array, a: number, b: number, dimensions: number): boolean {
  for (let d = 0; d < dimensions; d++) {
    if (bits[a * dimensions + d] !== bits[b * dimensions + d]) return false;
  }
  return true;
}
