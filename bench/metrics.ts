import { adjustedRandIndex } from "@noctuary/core/comparison/adjusted-rand-index";

/** How well a grouping agrees with labels: all three are symmetric and blind to how groups are numbered. */
export interface Agreement {
  /** V-measure: the harmonic mean of homogeneity and completeness (Rosenberg & Hirschberg 2007). */
  v: number;
  /** Mutual information adjusted for chance, 0 for random groupings (Vinh, Epps & Bailey 2010). */
  ami: number;
  /** The share of agreeing pairs adjusted for chance (Hubert & Arabie 1985). */
  ari: number;
}

/** Counts of a labelling against a grouping; the cells hold only pairs that occur. */
interface Contingency {
  total: number;
  rows: number[];
  columns: number[];
  cells: { row: number; column: number; count: number }[];
}

/** Compares two labellings of the same items. Two single groups, or none at all, agree fully. */
export function agreement(labels: readonly unknown[], groups: ArrayLike<unknown>): Agreement {
  if (labels.length !== groups.length) throw new RangeError("both labellings must name the same items");
  const table = contingency(labels, groups);
  const rowEntropy = entropy(table.rows, table.total);
  const columnEntropy = entropy(table.columns, table.total);
  const shared = mutualInformation(table);
  const meanEntropy = (rowEntropy + columnEntropy) / 2;
  const expected = expectedMutualInformation(table);
  return {
    v: meanEntropy === 0 ? 1 : shared / meanEntropy,
    ami: adjusted(shared, expected, meanEntropy),
    ari: adjustedRandIndex(labels, groups),
  };
}

function contingency(labels: readonly unknown[], groups: ArrayLike<unknown>): Contingency {
  const rowOf = new Map<unknown, number>();
  const columnOf = new Map<unknown, number>();
  const counts = new Map<string, { row: number; column: number; count: number }>();
  const rows: number[] = [];
  const columns: number[] = [];
  for (let item = 0; item < labels.length; item++) {
    const row = numbered(rowOf, labels[item]);
    const column = numbered(columnOf, groups[item]);
    rows[row] = (rows[row] ?? 0) + 1;
    columns[column] = (columns[column] ?? 0) + 1;
    const cell = counts.get(`${row},${column}`);
    if (cell) cell.count++;
    else counts.set(`${row},${column}`, { row, column, count: 1 });
  }
  return { total: labels.length, rows, columns, cells: [...counts.values()] };
}

function numbered(numbers: Map<unknown, number>, key: unknown): number {
  let number = numbers.get(key);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(key, number);
  }
  return number;
}

function entropy(sizes: readonly number[], total: number): number {
  return -sizes.reduce((sum, size) => sum + (size / total) * Math.log(size / total), 0);
}

function mutualInformation({ total, rows, columns, cells }: Contingency): number {
  return cells.reduce(
    (sum, { row, column, count }) =>
      sum + (count / total) * Math.log((count * total) / (rows[row]! * columns[column]!)),
    0,
  );
}

/**
 * The mean mutual information of all groupings with these sizes, exactly: Vinh, Epps & Bailey, "Information
 * theoretic measures for clusterings comparison", JMLR 11 (2010), equation 24.
 */
function expectedMutualInformation({ total, rows, columns }: Contingency): number {
  const logFactorial = new Float64Array(total + 1);
  for (let n = 2; n <= total; n++) logFactorial[n] = logFactorial[n - 1]! + Math.log(n);
  let expected = 0;
  for (const a of rows) {
    for (const b of columns) {
      const fixed =
        logFactorial[a]! +
        logFactorial[b]! +
        logFactorial[total - a]! +
        logFactorial[total - b]! -
        logFactorial[total]!;
      for (let n = Math.max(1, a + b - total); n <= Math.min(a, b); n++) {
        const logProbability =
          fixed -
          logFactorial[n]! -
          logFactorial[a - n]! -
          logFactorial[b - n]! -
          logFactorial[total - a - b + n]!;
        expected += (n / total) * Math.log((n * total) / (a * b)) * Math.exp(logProbability);
      }
    }
  }
  return expected;
}

/** (index - expected) / (maximum - expected); where nothing can vary, both sides agree fully. */
function adjusted(index: number, expected: number, maximum: number): number {
  return Math.abs(maximum - expected) < 1e-12 ? 1 : (index - expected) / (maximum - expected);
}
