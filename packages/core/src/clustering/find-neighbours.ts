import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import {
  type Kernel,
  kernelModule,
  searchLayout,
  searchMemory,
  searchViews,
  startKernel,
  writeRows,
} from "./kernel.ts";
import { mergeLists } from "./merge-lists.ts";
import { type NeighbourLists, nearestNeighbours } from "./nearest-neighbours.ts";
import { emptyRows, type PackedRows } from "./packed-rows.ts";
import { type Directions, principalDirections } from "./principal-directions.ts";
import { type Phase, type SearchShare, startSearchThread, workOn } from "./search-thread.ts";

/** Below, sketches cost more than they save, and so does another thread. */
const ROWS_WORTH_SKETCHING = 3_000;
/** On notes' vectors 128 directions leave a tenth of all pairs to compare in full, 64 four tenths. */
const SKETCH_WIDTH = 128;
/** Queries compared in one sweep over all rows: their codes (512 KB at 512 dimensions) stay in the second-level cache. */
const STRIP_ROWS = 512;
const SMALLEST_STRIP = 64;
const PANEL_ROWS = 8;

export interface SearchOptions {
  /** Threads to compute on, this one among them. */
  threads: number;
  /** For tests: sketches however few the rows. */
  sketchFrom?: number;
}

/**
 * Exact k nearest neighbours, as nearestNeighbours gives them to the bit, on several threads and with the vector
 * instructions of the machine. Resolves when all threads are done; this one computes too, and blocks meanwhile.
 */
export async function findNeighbours(
  rows: PackedRows,
  k: number,
  { threads, sketchFrom = ROWS_WORTH_SKETCHING }: SearchOptions,
): Promise<NeighbourLists> {
  const module = kernelModule();
  if (module === undefined || rows.count === 0) return nearestNeighbours(rows, k);
  const large = rows.count >= sketchFrom;
  const used = large ? threads : 1;
  const directions = large ? principalDirections(rows, sketchWidth(rows.dimensions)) : noDirections(rows);
  const jobs = allPairs(rows.count, used);
  const layout = searchLayout({
    ...{ rows: rows.count, stride: rows.stride, listLength: k, directions, threads: used },
    ...{ queries: rows.count, largestJob: STRIP_ROWS, jobs: jobs.length / 5 },
  });
  const memory = searchMemory(layout);
  writeRows(memory, layout, rows, directions);
  const views = searchViews(memory, layout);
  for (const { neighbours } of views.lists) neighbours.fill(-1);
  new Uint32Array(memory.buffer, layout.jobs, jobs.length).set(jobs);
  const queries = new Uint32Array(memory.buffer, layout.queries, rows.count);
  for (let row = 0; row < rows.count; row++) queries[row] = row;
  await runSearch({ module, memory, layout }, ["sketch", "scan"], jobs.length / 5);
  return mergeLists(views.lists, rows.keys, rows.count, k);
}

/** Multiples of four, at most what there are dimensions. */
function sketchWidth(dimensions: number): number {
  return Math.min(SKETCH_WIDTH, Math.ceil(dimensions / 4) * 4);
}

function noDirections({ dimensions }: PackedRows): Directions {
  return { rows: emptyRows(0, dimensions), skew: 0 };
}

/**
 * Every pair once: strips of queries, each against itself (a pair is met from both sides) and against the rows behind
 * it (offered to both sides). The longest sweeps come first, so that threads end together.
 */
function allPairs(count: number, threads: number): Uint32Array {
  const fair = Math.ceil(count / (8 * threads) / PANEL_ROWS) * PANEL_ROWS;
  const strip = Math.min(STRIP_ROWS, Math.max(SMALLEST_STRIP, fair));
  const panels = Math.ceil(count / PANEL_ROWS);
  const jobs: number[] = [];
  for (let first = 0; first < count; first += strip) {
    const queries = Math.min(strip, count - first);
    const behind = Math.min(panels, (first + strip) / PANEL_ROWS);
    jobs.push(first, queries, first / PANEL_ROWS, behind, 0);
    if (behind < panels) jobs.push(first, queries, behind, panels, 1);
  }
  return Uint32Array.from(jobs);
}

/** Runs phases one after the other, each on all threads. */
export async function runSearch(
  shared: Omit<SearchShare, "thread">,
  phases: Phase[],
  jobs: number,
): Promise<void> {
  const { module, memory, layout } = shared;
  const others: Worker[] = [];
  const kernel: Kernel = startKernel(module, memory, layout, 0);
  const next = new Int32Array(memory.buffer, layout.nextJob, 1);
  try {
    for (let thread = 1; thread < layout.threads; thread++)
      others.push(startSearchThread({ ...shared, thread }));
    for (const phase of phases) {
      Atomics.store(next, 0, 0);
      const done = others.map((other) => once(other, "message"));
      for (const other of others) other.postMessage({ phase, jobs });
      workOn({ ...shared, thread: 0 }, kernel, phase, jobs);
      await Promise.all(done);
    }
  } finally {
    await Promise.all(others.map((other) => other.terminate()));
  }
}
