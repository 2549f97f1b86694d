import { fuzzyGraph } from "@noctuary/core/clustering/fuzzy-graph";
import type { Graph } from "@noctuary/core/clustering/graph";
import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { expect, test } from "vitest";
import { groupedVectors } from "./synthetic-vectors.ts";

function weightBetween(graph: Graph, a: number, b: number): number {
  for (let e = graph.offsets[a]!; e < graph.offsets[a + 1]!; e++) {
    if (graph.targets[e] === b) return graph.weights[e]!;
  }
  return 0;
}

test("a one-sided list weighs 1 for the nearest and log2(k + 1) in all", () => {
  // Only row 0 has a list, so that the union adds nothing to its own weights.
  const neighbours = Int32Array.of(1, 2, 3, ...new Array(9).fill(-1));
  const similarities = Float32Array.of(0.9, 0.7, 0.6, ...new Array(9).fill(0));
  const graph = fuzzyGraph({ neighbours, similarities }, 4, 3);
  expect(weightBetween(graph, 0, 1)).toBe(1);
  expect(graph.strengths[0]).toBeCloseTo(Math.log2(4), 6);
  expect(weightBetween(graph, 2, 0)).toBe(weightBetween(graph, 0, 2));
});

test("the two directions of a pair join as a + b - ab, in one edge", () => {
  const neighbours = Int32Array.of(1, 2, 0, -1, 1, -1);
  const similarities = Float32Array.of(0.9, 0.5, 0.9, 0, 0.4, 0);
  const graph = fuzzyGraph({ neighbours, similarities }, 3, 2);
  const oneSided = Math.log2(3) - 1;
  expect([...graph.offsets]).toEqual([0, 2, 4, 6]);
  expect(weightBetween(graph, 0, 1)).toBe(1);
  expect(weightBetween(graph, 0, 2)).toBeCloseTo(oneSided, 6);
  expect(weightBetween(graph, 1, 2)).toBe(1);
});

test("neighbours without similarity give no edge", () => {
  const graph = fuzzyGraph(
    { neighbours: Int32Array.of(1, 2, 0, 2, 0, 1), similarities: Float32Array.of(0, 0, 0, -0.1, 0, -0.1) },
    3,
    2,
  );
  expect(graph.targets).toHaveLength(0);
});

test("weights are in (0, 1] and symmetric, and strengths are their sums", () => {
  const [count, dimensions, k] = [120, 16, 10];
  const { vectors } = groupedVectors({ count, dimensions, groups: 5, spread: 0.8, seed: 2 });
  const graph = fuzzyGraph(nearestNeighbours(packRows({ vectors, count, dimensions }), k), count, k);
  for (let node = 0; node < count; node++) {
    let sum = 0;
    for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) {
      const weight = graph.weights[e]!;
      sum += weight;
      expect(weight > 0 && weight <= 1).toBe(true);
      expect(weightBetween(graph, graph.targets[e]!, node)).toBe(weight);
    }
    expect(graph.strengths[node]).toBeCloseTo(sum, 9);
  }
});
