import type { NeighbourLists } from "./nearest-neighbours.ts";

/** Rows numbered anew in an order that depends on their content alone. */
export interface CanonicalOrder {
  /** The row at each place. */
  rowAt: Int32Array;
  /** The place of each row. */
  placeOf: Int32Array;
}

/**
 * Orders rows by their keys. The order of edges, of sums in floating point and of equal choices all follow from
 * it, so that topics do not depend on the order in which a database happened to return the notes; and as a key is
 * a hash, it is as good as random, and rows keep their places among each other when others come or go.
 */
export function canonicalOrder(keys: BigUint64Array): CanonicalOrder {
  const rowAt = Int32Array.from(keys, (_, row) => row).sort((a, b) =>
    keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b,
  );
  const placeOf = new Int32Array(keys.length);
  for (const [place, row] of rowAt.entries()) placeOf[row] = place;
  return { rowAt, placeOf };
}

/** Neighbour lists of places, from those of rows. */
export function reorderLists(
  { neighbours, similarities }: NeighbourLists,
  { rowAt, placeOf }: CanonicalOrder,
  k: number,
): NeighbourLists {
  const reordered = {
    neighbours: new Int32Array(neighbours.length).fill(-1),
    similarities: new Float32Array(similarities.length),
  };
  for (const [place, row] of rowAt.entries()) {
    for (let j = 0; j < k; j++) {
      const neighbour = neighbours[row * k + j]!;
      if (neighbour < 0) break;
      reordered.neighbours[place * k + j] = placeOf[neighbour]!;
      reordered.similarities[place * k + j] = similarities[row * k + j]!;
    }
  }
  return reordered;
}
