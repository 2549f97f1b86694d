import { compactLabels, contract, modularity } from "@noctuary/core/clustering/graph";
import { leiden } from "@noctuary/core/clustering/leiden";
import { refine } from "@noctuary/core/clustering/leiden-refine";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { expect, test } from "vitest";
import { graphOf, karateClub } from "./graph-of-edges.ts";

const twoTriangles = graphOf(6, [
  [0, 1],
  [1, 2],
  [0, 2],
  [3, 4],
  [4, 5],
  [3, 5],
  [2, 3],
]);

test("modularity of two linked triangles is 5/14", () => {
  const labels = compactLabels([7, 7, 7, 2, 2, 2]);
  expect([...labels.label]).toEqual([0, 0, 0, 1, 1, 1]);
  expect(modularity(twoTriangles, labels, 1)).toBeCloseTo(5 / 14, 12);
  expect(modularity(contract(twoTriangles, labels), compactLabels([0, 1]), 1)).toBeCloseTo(5 / 14, 12);
});

test("contraction sums the edges between groups and keeps their strengths", () => {
  const contracted = contract(twoTriangles, { label: Int32Array.of(0, 0, 0, 1, 1, 1), count: 2 });
  expect([...contracted.targets]).toEqual([1, 0]);
  expect([...contracted.weights]).toEqual([1, 1]);
  expect([...contracted.strengths]).toEqual([7, 7]);
});

test("separates two linked triangles", () => {
  expect([...leiden(twoTriangles, { resolution: 1, seed: 1 }).label]).toEqual([0, 0, 0, 1, 1, 1]);
});

test("reaches the best known modularity of the karate club, 0.4198, in four communities", () => {
  const graph = graphOf(34, karateClub);
  const communities = leiden(graph, { resolution: 1, seed: 1 });
  expect(communities.count).toBe(4);
  expect(modularity(graph, communities, 1)).toBeCloseTo(0.4198, 4);
});

test("a higher resolution gives more communities", () => {
  const graph = graphOf(34, karateClub);
  const coarse = leiden(graph, { resolution: 0.5, seed: 1 }).count;
  const fine = leiden(graph, { resolution: 3, seed: 1 }).count;
  expect(fine).toBeGreaterThan(coarse);
});

test("started from its own result it changes nothing", () => {
  const graph = graphOf(34, karateClub);
  for (let seed = 1; seed <= 20; seed++) {
    const cold = leiden(graph, { resolution: 1.5, seed });
    const warm = leiden(graph, { resolution: 1.5, seed, initial: cold.label });
    expect([...warm.label]).toEqual([...cold.label]);
  }
});

test("a warm start leaves a partition that no move improves", () => {
  const initial = Int32Array.of(4, 4, 4, 9, 9, 9);
  expect([...leiden(twoTriangles, { resolution: 1, seed: 3, initial }).label]).toEqual([0, 0, 0, 1, 1, 1]);
});

test("splits a community whose parts are not connected", () => {
  const apart = graphOf(4, [
    [0, 1],
    [2, 3],
  ]);
  const initial = Int32Array.of(0, 0, 0, 0);
  expect([...leiden(apart, { resolution: 1, seed: 1, initial }).label]).toEqual([0, 0, 1, 1]);
});

test("nodes without edges stay alone, and an empty graph has no communities", () => {
  expect(leiden(graphOf(3, [[0, 1]]), { resolution: 1, seed: 1 }).count).toBe(2);
  expect(leiden(graphOf(3, []), { resolution: 1, seed: 1 }).count).toBe(3);
  expect(leiden(graphOf(0, []), { resolution: 1, seed: 1 }).count).toBe(0);
});

test("a refinement that is taken over from the pass before is the one that would be found", () => {
  const random = seededRandom(5);
  const nodes = 300;
  const edges = Array.from({ length: 2_400 }, (): [number, number, number] => {
    const a = Math.floor(random() * nodes);
    const b = (a + 1 + Math.floor(random() * (random() < 0.9 ? 12 : nodes - 1))) % nodes;
    return [a, b, random()];
  });
  const graph = graphOf(nodes, [
    ...new Map(edges.map((edge) => [edge.slice(0, 2).sort().join(), edge])).values(),
  ]);
  const gamma = 1 / graph.strengths.reduce((sum, strength) => sum + strength, 0);
  const order = Int32Array.from({ length: nodes }, (_, node) => (node * 7) % nodes);
  const lots = Uint32Array.from(order, () => random() * 2 ** 32);
  const community = Int32Array.from({ length: nodes }, (_, node) => Math.floor(node / 20));
  const known = { community, part: refine(graph, community, { gamma, order, lots }) };
  expect(new Set(known.part).size).toBeGreaterThan(15);
  // One node goes elsewhere, another is alone, and two communities have changed their numbers.
  const numbers = Int32Array.from({ length: nodes }, (_, number) =>
    number === 3 ? 4 : number === 4 ? 3 : number,
  );
  const moved = community.map((c, node) => (node === 10 ? 5 : node === 205 ? 200 : numbers[c]!));
  const anew = refine(graph, moved, { gamma, order, lots });
  expect(refine(graph, moved, { gamma, order, lots, known })).toEqual(anew);
  // Those parts are taken over: where they are other ones, so is the result.
  const otherwise = { community, part: known.part.map((_, node) => node) };
  const parts = refine(graph, moved, { gamma, order, lots, known: otherwise });
  const isAlone = (node: number) => parts[node] === node;
  expect(Array.from({ length: 20 }, (_, i) => 60 + i).every(isAlone)).toBe(true);
  expect(parts.slice(0, 20)).toEqual(anew.slice(0, 20));
});
