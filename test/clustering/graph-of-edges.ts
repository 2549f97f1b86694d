import type { Graph } from "@noctuary/core/clustering/graph";

export function graphOf(nodes: number, edges: [number, number, number?][]): Graph {
  const rows = Array.from({ length: nodes }, () => [] as [number, number][]);
  for (const [a, b, weight = 1] of edges) {
    rows[a]!.push([b, weight]);
    rows[b]!.push([a, weight]);
  }
  const offsets = new Int32Array(nodes + 1);
  for (const [node, row] of rows.entries()) offsets[node + 1] = offsets[node]! + row.length;
  const ends = rows.flat();
  return {
    nodes,
    offsets,
    targets: Int32Array.from(ends, ([target]) => target),
    weights: Float64Array.from(ends, ([, weight]) => weight),
    strengths: Float64Array.from(rows, (row) => row.reduce((sum, [, weight]) => sum + weight, 0)),
  };
}

/** All edges between nodes `first .. first + size - 1`. */
export function clique(first: number, size: number): [number, number][] {
  const nodes = Array.from({ length: size }, (_, i) => first + i);
  return nodes.flatMap((a) => nodes.flatMap((b): [number, number][] => (a < b ? [[a, b]] : [])));
}

/** Zachary's karate club (1977): 34 members, 78 friendships, from 0. */
export const karateClub: [number, number][] = [
  "0 1,2,3,4,5,6,7,8,10,11,12,13,17,19,21,31",
  "1 2,3,7,13,17,19,21,30",
  "2 3,7,8,9,13,27,28,32",
  "3 7,12,13",
  "4 6,10",
  "5 6,10,16",
  "6 16",
  "8 30,32,33",
  "9 33",
  "13 33",
  "14 32,33",
  "15 32,33",
  "18 32,33",
  "19 33",
  "20 32,33",
  "22 32,33",
  "23 25,27,29,32,33",
  "24 25,27,31",
  "25 31",
  "26 29,33",
  "27 33",
  "28 31,33",
  "29 32,33",
  "30 32,33",
  "31 32,33",
  "32 33",
].flatMap((line) => {
  const [from, to] = line.split(" ");
  return to!.split(",").map((other): [number, number] => [Number(from), Number(other)]);
});
