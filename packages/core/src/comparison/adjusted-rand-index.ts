/**
 * The share of agreeing pairs, adjusted for chance: 1 the same grouping, 0 what chance would give (Hubert & Arabie 1985).
 * Symmetric, and blind to how groups are numbered. Two single groups, or no item at all, agree fully.
 *
 * @throws {RangeError} where the two name different numbers of items
 */
export function adjustedRandIndex(one: readonly unknown[], other: ArrayLike<unknown>): number {
  if (one.length !== other.length) throw new RangeError("both groupings must name the same items");
  const rows = new Map<unknown, number>();
  const columns = new Map<unknown, number>();
  const cells = new Map<unknown, Map<unknown, number>>();
  for (let item = 0; item < one.length; item++) {
    const [row, column] = [one[item], other[item]];
    rows.set(row, (rows.get(row) ?? 0) + 1);
    columns.set(column, (columns.get(column) ?? 0) + 1);
    const inRow = cells.get(row) ?? new Map<unknown, number>();
    cells.set(row, inRow.set(column, (inRow.get(column) ?? 0) + 1));
  }
  const inCells = [...cells.values()].reduce((sum, inRow) => sum + pairsIn(inRow.values()), 0);
  const [inRows, inColumns] = [pairsIn(rows.values()), pairsIn(columns.values())];
  const all = (one.length * (one.length - 1)) / 2;
  const expected = all === 0 ? 0 : (inRows * inColumns) / all;
  const most = (inRows + inColumns) / 2;
  return most === expected ? 1 : (inCells - expected) / (most - expected);
}

function pairsIn(counts: Iterable<number>): number {
  let pairs = 0;
  for (const count of counts) pairs += (count * (count - 1)) / 2;
  return pairs;
}
