import { compactLabels, type Labels } from "@noctuary/core/clustering/graph";
import { type JoinOptions, joinParts } from "@noctuary/core/clustering/join-parts";
import { expect, test } from "vitest";
import { clique, graphOf } from "./graph-of-edges.ts";

const joined = (nodes: number, edges: [number, number, number?][], parts: Labels, smallestTopic = 3) => {
  const options: JoinOptions = { notes: new Array<number>(nodes).fill(1), smallestTopic, largestCut: 0.2 };
  return [...joinParts(graphOf(nodes, edges), parts, options).label];
};

test("what is too small joins what it is linked with most beyond chance, not what is largest", () => {
  // A pair with three links to a group of ten and two to one of four.
  const parts = compactLabels([...new Array<number>(10).fill(0), 1, 1, 1, 1, 2, 2]);
  const edges: [number, number][] = [...clique(0, 10), ...clique(10, 4), [14, 15]];
  const links: [number, number][] = [
    [14, 0],
    [14, 1],
    [15, 2],
    [14, 10],
    [15, 11],
  ];
  const label = joined(16, [...edges, ...links], parts);
  expect(label.slice(14)).toEqual([1, 1]);
  expect(label.slice(0, 14)).toEqual([...new Array<number>(10).fill(0), 1, 1, 1, 1]);
});

test("the worst part is joined first: one that is better may then be good enough as it is", () => {
  // Of their links the parts lose 4 of 24, 3 of 23, 1 of 11 and 6 of 26: if the first joined first, the third were left.
  const links = graphOf(4, [
    [0, 2, 1],
    [0, 3, 3],
    [1, 3, 3],
  ]);
  const graph = { ...links, strengths: Float64Array.of(24, 23, 11, 26) };
  const options: JoinOptions = { notes: [5, 5, 5, 5], smallestTopic: 3, largestCut: 0.2 };
  const { label } = joinParts(graph, { label: Int32Array.of(0, 1, 2, 3), count: 4 }, options);
  expect([...label]).toEqual([0, 1, 0, 1]);
});

test("parts that are joined come back in the order in which they occur", () => {
  const parts = compactLabels([0, 1, 2, 2, 2]);
  expect(joined(5, [[0, 1], ...clique(2, 3)], parts, 2)).toEqual([0, 0, 1, 1, 1]);
});
