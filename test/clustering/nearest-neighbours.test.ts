import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
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
  const { neighbours, similarities } = nearestNeighbours({ vectors, count, dimensions }, k);
  const expected = sortedByDefinition(vectors, count, dimensions, k);
  for (let row = 0; row < count; row++) {
    expect([...neighbours.subarray(row * k, (row + 1) * k)]).toEqual(expected[row]);
    const list = similarities.subarray(row * k, (row + 1) * k);
    expect([...list]).toEqual([...list].sort((a, b) => b - a));
  }
});

test("is the cosine: the length of a vector does not count", () => {
  const vectors = Float32Array.of(3, 0, 0, 5, 2, 2);
  const { neighbours, similarities } = nearestNeighbours({ vectors, count: 3, dimensions: 2 }, 2);
  expect([...neighbours]).toEqual([2, 1, 2, 0, 0, 1]);
  expect(similarities[0]).toBeCloseTo(Math.SQRT1_2, 6);
  expect(similarities[1]).toBe(0);
});

test("gives ties to the lower row", () => {
  const vectors = new Float32Array(130 * 2).map((_, i) => (i % 2 === 0 ? 1 : 0));
  const { neighbours } = nearestNeighbours({ vectors, count: 130, dimensions: 2 }, 3);
  expect([...neighbours.subarray(0, 3)]).toEqual([1, 2, 3]);
  expect([...neighbours.subarray(129 * 3)]).toEqual([0, 1, 2]);
});

test("fills short lists with -1", () => {
  const { neighbours, similarities } = nearestNeighbours(
    { vectors: Float32Array.of(1, 0, 1, 0), count: 2, dimensions: 2 },
    3,
  );
  expect([...neighbours]).toEqual([1, -1, -1, 0, -1, -1]);
  expect([...similarities]).toEqual([1, 0, 0, 1, 0, 0]);
  expect(
    nearestNeighbours({ vectors: new Float32Array(0), count: 0, dimensions: 2 }, 3).neighbours,
  ).toHaveLength(0);
});

test("a vector of zero or of non-finite length is similar to nothing", () => {
  const vectors = Float32Array.of(1, 0, 0, 0, Number.NaN, 1, 1, 0);
  const { similarities, neighbours } = nearestNeighbours({ vectors, count: 4, dimensions: 2 }, 3);
  expect([...neighbours.subarray(0, 3)]).toEqual([3, 1, 2]);
  expect([...similarities.subarray(0, 3)]).toEqual([1, 0, 0]);
  expect([...similarities.subarray(3, 9)]).toEqual([0, 0, 0, 0, 0, 0]);
});
