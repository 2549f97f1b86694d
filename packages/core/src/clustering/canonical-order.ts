import type { NeighbourLists } from "./nearest-neighbours.ts";

const MOST_ROWS = 2 ** 21;

/** Positions of rows numbered anew in an order that depends on their content alone. */
export interface CanonicalOrder {
  /** The position at each place. */
  positionAt: Int32Array;
  /** The place of each position. */
  placeOf: Int32Array;
}

/**
 * Orders rows by their keys. The order of edges, of sums in floating point and of equal choices all follow from
 * it, so that topics do not depend on the order in which a database happened to return the notes; and as a key is
 * a hash, it is as good as random, and rows keep their places among each other when others come or go.
 */
export function canonicalOrder(keys: BigUint64Array): CanonicalOrder {
  const highs = halvesOf(keys, 1);
  // The upper half of a key and a row fit into a double's 53 bits. Sorting numbers is fast, and ties are rare.
  const sorted = new Float64Array(keys.length);
  for (let row = 0; row < keys.length; row++) sorted[row] = highs[row]! * MOST_ROWS + row;
  sorted.sort();
  const positionAt = new Int32Array(keys.length);
  for (let place = 0; place < positionAt.length; place++) positionAt[place] = sorted[place]! % MOST_ROWS;
  for (let first = 0, end = 1; first < positionAt.length; first = end++) {
    while (end < positionAt.length && highs[positionAt[end]!] === highs[positionAt[first]!]) end++;
    if (end - first > 1) positionAt.subarray(first, end).sort((a, b) => compareKeys(keys, a, b));
  }
  const placeOf = new Int32Array(keys.length);
  for (let place = 0; place < positionAt.length; place++) placeOf[positionAt[place]!] = place;
  return { positionAt, placeOf };
}

function compareKeys(keys: BigUint64Array, a: number, b: number): number {
  return keys[a]! < keys[b]! ? -1 : keys[a]! > keys[b]! ? 1 : a - b;
}

/** The lower halves of keys, or the upper ones. */
export function halvesOf(keys: BigUint64Array, upper: 0 | 1): Uint32Array {
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
  const halves = new Uint32Array(keys.length);
  for (let i = 0; i < halves.length; i++) halves[i] = words[2 * i + upper]!;
  return halves;
}

/** Neighbour lists of places, from those of positions. */
export function reorderLists(
  { neighbours, similarities }: NeighbourLists,
  { positionAt, placeOf }: CanonicalOrder,
  k: number,
): NeighbourLists {
  const reordered = {
    neighbours: new Int32Array(neighbours.length).fill(-1),
    similarities: new Float32Array(similarities.length),
  };
  for (let place = 0; place < positionAt.length; place++) {
    const position = positionAt[place]!;
    for (let j = 0; j < k; j++) {
      const neighbour = neighbours[position * k + j]!;
      if (neighbour < 0) break;
      reordered.neighbours[place * k + j] = placeOf[neighbour]!;
      reordered.similarities[place * k + j] = similarities[position * k + j]!;
    }
  }
  return reordered;
}
