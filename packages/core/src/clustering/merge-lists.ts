import type { NeighbourLists } from "./nearest-neighbours.ts";

/**
 * One list of each row's from several threads' lists, in order of similarity and then of key. An entry without a row
 * ends a list: what is less similar, or as similar, may be incomplete behind it.
 */
export function mergeLists(
  parts: NeighbourLists[],
  keys: BigUint64Array,
  count: number,
  k: number,
): NeighbourLists {
  const merged = {
    neighbours: new Int32Array(count * k).fill(-1),
    similarities: new Float32Array(count * k),
  };
  const [first, ...others] = parts as [NeighbourLists, ...NeighbourLists[]];
  if (others.length === 0) {
    merged.neighbours.set(first.neighbours);
    merged.similarities.set(first.similarities);
    return merged;
  }
  const at = new Int32Array(parts.length);
  for (let row = 0; row < count; row++) {
    at.fill(row * k);
    for (let slot = row * k; slot < (row + 1) * k; slot++) {
      let best = 0;
      for (let part = 1; part < parts.length; part++) {
        if (precedes(parts[part]!, at[part]!, parts[best]!, at[best]!, keys)) best = part;
      }
      merged.neighbours[slot] = parts[best]!.neighbours[at[best]!]!;
      merged.similarities[slot] = parts[best]!.similarities[at[best]!]!;
      // An entry without a row stays where it is, and so fills the rest.
      if (merged.neighbours[slot]! >= 0) at[best]!++;
    }
  }
  return merged;
}

function precedes(
  a: NeighbourLists,
  atA: number,
  b: NeighbourLists,
  atB: number,
  keys: BigUint64Array,
): boolean {
  const [rowA, rowB] = [a.neighbours[atA]!, b.neighbours[atB]!];
  const [cosineA, cosineB] = [a.similarities[atA]!, b.similarities[atB]!];
  if (cosineA !== cosineB) return cosineA > cosineB;
  // Of equally similar entries one without a row comes first: it hides the others.
  if (rowA < 0 || rowB < 0) return rowA < 0;
  return keys[rowA]! < keys[rowB]!;
}
