import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { expect, test } from "vitest";
import { groupedVectors } from "./synthetic-vectors.ts";

/** The definition: all pairs, sorted by similarity and then by row. */
function sortedByDefinition(vectors: Float32Array, count: number, dimensions: number, k: number): number[][] {
  const cosine = (a: number, b: number) => {
    let dot = 0;
    for (let d = 0; d < dimensions; d++) dot += vectors[a * dimensions + d]! * vectors[b * dimensions + d]!;
    return dot;
  };
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: count }, (_, other) => other)
      .filter((other) => other !== row)
      .sort((a, b) => cosine(row, b) - cosine(row, a) || a - b)
      .slice(0, k),
  );
}

test("finds exactly the neighbours that comparing all pairs finds, over panel edges", () => {
  const [count, dimensions, k] = [203, 24, 7];
  const { vectors } = groupedVectors({ count, dimensions, groups: 9, spread: 1, seed: 4 });
  const { neighbours, similarities } = nearestNeighbours(packRows({ vectors, count, dimensions }), k);
  const expected = sortedByDefinition(vectors, count, dimensions, k);
  for (let row = 0; row < count; row++) {
    expect([...neighbours.subarray(row * k, (row + 1) * k)]).toEqual(expected[row]);
    const list = similarities.subarray(row * k, (row + 1) * k);
    expect([...list]).toEqual([...list].sort((a, b) => b - a));
  }
});

test("is the cosine: the length of a vector does not count", () => {
  const vectors = Float32Array.of(3, 0, 0, 5, 2, 2);
  const { neighbours, similarities } = nearestNeighbours(packRows({ vectors, count: 3, dimensions: 2 }), 2);
  expect([...neighbours]).toEqual([2, -1, 2, -1, 1, 0]);
  expect(similarities[0]).toBeCloseTo(Math.SQRT1_2, 6);
  expect(similarities[1]).toBe(0);
});

test("breaks ties by what the rows are, not by where they are", () => {
  const count = 130;
  const random = seededRandom(1);
  // Each row shares one coordinate with the first row and has another of its own: all equally similar to it.
  const vectors = new Float32Array(count * count);
  for (let row = 0; row < count; row++) {
    vectors[row * count] = 1;
    if (row > 0) vectors[row * count + row] = 1;
  }
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  const shuffled = Float32Array.from(
    order.flatMap((row) => [...vectors.subarray(row * count, (row + 1) * count)]),
  );
  const k = 5;
  const inOrder = nearestNeighbours(packRows({ vectors, count, dimensions: count }), k);
  const inDisorder = nearestNeighbours(packRows({ vectors: shuffled, count, dimensions: count }), k);
  for (const [at, row] of order.entries()) {
    const list = [...inDisorder.neighbours.subarray(at * k, (at + 1) * k)].map((i) => order[i]);
    expect(list).toEqual([...inOrder.neighbours.subarray(row * k, (row + 1) * k)]);
  }
});

test("fills short lists with -1", () => {
  const two = packRows({ vectors: Float32Array.of(1, 0, 1, 1), count: 2, dimensions: 2 });
  const { neighbours, similarities } = nearestNeighbours(two, 3);
  expect([...neighbours]).toEqual([1, -1, -1, 0, -1, -1]);
  expect([...similarities.subarray(1, 3)]).toEqual([0, 0]);
  const none = packRows({ vectors: new Float32Array(0), count: 0, dimensions: 2 });
  expect(nearestNeighbours(none, 3).neighbours).toHaveLength(0);
});

test("a vector of zero or of non-finite length, or one that points away, is nobody's neighbour", () => {
  const vectors = Float32Array.of(1, 0, 0, 0, Number.NaN, 1, Number.POSITIVE_INFINITY, 0, -1, 0, 2, 1);
  const { neighbours } = nearestNeighbours(packRows({ vectors, count: 6, dimensions: 2 }), 2);
  expect([...neighbours]).toEqual([5, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, -1]);
});
