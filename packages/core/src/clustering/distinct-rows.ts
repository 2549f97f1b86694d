import { type PackedRows, rowsAt } from "./packed-rows.ts";

export interface DistinctRows {
  rows: PackedRows;
  /** For each row given, its position among the distinct ones, which keep their order of first occurrence. */
  positionOf: Int32Array;
}

/**
 * Leaves one of each set of rows with equal codes.
 *
 * Copies of one text would otherwise fill each other's neighbour lists and cut themselves off from the rest,
 * and a thousand of them (empty notes, an untouched template) would be ties without end.
 */
export function distinctRows(rows: PackedRows): DistinctRows {
  const positionOf = new Int32Array(rows.count);
  const firstRows: number[] = [];
  const positionsByKey = new Map<bigint, number[]>();
  for (let row = 0; row < rows.count; row++) {
    const key = rows.keys[row]!;
    const alike = positionsByKey.get(key) ?? [];
    let position = alike.find((candidate) => equalRows(rows, firstRows[candidate]!, rows, row));
    if (position === undefined) {
      position = firstRows.length;
      firstRows.push(row);
      alike.push(position);
      positionsByKey.set(key, alike);
    }
    positionOf[row] = position;
  }
  return { rows: firstRows.length === rows.count ? rows : rowsAt(rows, firstRows), positionOf };
}

export function equalRows(a: PackedRows, rowA: number, b: PackedRows, rowB: number): boolean {
  const { stride } = a;
  for (let d = 0; d < stride; d++) {
    if (a.codes[rowA * stride + d] !== b.codes[rowB * stride + d]) return false;
  }
  return true;
}
