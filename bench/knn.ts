/**
 * All nearest neighbours of an account, against hnswlib's build and query of the same vectors in the same run, and how
 * many of the true neighbours (double precision, a sample of rows) each finds.
 *
 *   npm install --prefix bench/peers/hnswlib     (once; compiles the peer)
 *   npm run bench:knn -- [--notes 20000] [--dimensions 512] [--neighbours 15] [--runs 3]
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { findNeighbours } from "@noctuary/core/clustering/find-neighbours";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { median } from "@noctuary/core/weekly-insights/facts/median";
import { syntheticAccount } from "./synthetic-account.ts";

const { values } = parseArgs({
  options: {
    notes: { type: "string", default: "20000" },
    dimensions: { type: "string", default: "512" },
    neighbours: { type: "string", default: "15" },
    runs: { type: "string", default: "3" },
  },
});
const [count, dimensions, k, runs] = [values.notes, values.dimensions, values.neighbours, values.runs].map(
  Number,
) as [number, number, number, number];
const vectors = syntheticAccount(count, dimensions);
const threads = availableParallelism();
const sample = trueNeighbours(200);
console.log(`${count} x ${dimensions}, k = ${k}, ${threads} threads; median of ${runs} runs`);

const peer = loadPeer();
const times = {
  ours: [] as number[],
  oursCpu: [] as number[],
  peer: [] as number[],
  peerCpu: [] as number[],
};
let oursFound = 0;
let peerFound = 0;
for (let run = 0; run < runs; run++) {
  const ours = await timed(async () => {
    const { lists } = await findNeighbours(packRows({ vectors, count, dimensions }), k, { threads });
    return (row: number) => lists.neighbours.subarray(row * k, (row + 1) * k);
  });
  times.ours.push(ours.seconds);
  times.oursCpu.push(ours.cpuSeconds);
  oursFound = recall(ours.result);
  if (peer === undefined) continue;
  const theirs = await timed(async () => peer());
  times.peer.push(theirs.seconds);
  times.peerCpu.push(theirs.cpuSeconds);
  peerFound = recall(theirs.result);
}
const line = (name: string, seconds: number[], cpu: number[], found: number) =>
  console.log(
    `${name}: ${median(seconds).toFixed(2)} s (CPU ${median(cpu).toFixed(2)} s), recall ${found.toFixed(5)}`,
  );
line("ours", times.ours, times.oursCpu, oursFound);
if (peer === undefined) {
  console.log("SKIPPED: hnswlib is not installed: npm install --prefix bench/peers/hnswlib");
} else {
  line("hnswlib, M 16, ef 200 and 50, one thread", times.peer, times.peerCpu, peerFound);
  console.log(`ours is ${(median(times.peer) / median(times.ours)).toFixed(1)} times as fast`);
}

function loadPeer(): (() => (row: number) => ArrayLike<number>) | undefined {
  let Index: new (space: string, dimensions: number) => HnswIndex;
  try {
    const require = createRequire(new URL("./peers/hnswlib/package.json", import.meta.url));
    Index = require("hnswlib-node").HierarchicalNSW;
  } catch {
    return undefined;
  }
  return () => {
    const index = new Index("cosine", dimensions);
    index.initIndex(count, 16, 200, 1);
    const row = (i: number) => Array.from(vectors.subarray(i * dimensions, (i + 1) * dimensions));
    for (let i = 0; i < count; i++) index.addPoint(row(i), i);
    index.setEf(50);
    const lists = Array.from({ length: count }, (_, i) =>
      index.searchKnn(row(i), k + 1).neighbors.filter((other) => other !== i),
    );
    return (i) => lists[i]!;
  };
}

interface HnswIndex {
  initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void;
  addPoint(vector: number[], label: number): void;
  setEf(ef: number): void;
  searchKnn(vector: number[], k: number): { neighbors: number[] };
}

function trueNeighbours(asked: number): Map<number, Set<number>> {
  const lists = new Map<number, Set<number>>();
  for (let i = 0; i < Math.min(asked, count); i++) {
    const row = Math.floor((i * count) / asked);
    const cosines = new Float64Array(count);
    for (let other = 0; other < count; other++) {
      let dot = 0;
      for (let d = 0; d < dimensions; d++)
        dot += vectors[row * dimensions + d]! * vectors[other * dimensions + d]!;
      cosines[other] = other === row ? -2 : dot;
    }
    const order = Array.from(cosines.keys()).sort((a, b) => cosines[b]! - cosines[a]!);
    lists.set(row, new Set(order.slice(0, k)));
  }
  return lists;
}

function recall(listOf: (row: number) => ArrayLike<number>): number {
  let found = 0;
  for (const [row, exact] of sample) {
    for (const other of Array.from(listOf(row)).slice(0, k)) if (exact.has(other)) found++;
  }
  return found / (sample.size * k);
}

async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; cpuSeconds: number; result: T }> {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6, result };
}
