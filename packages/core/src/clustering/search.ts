import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import type { Directions } from "./directions.ts";
import {
  type Kernel,
  type SearchLayout,
  searchLayout,
  searchMemory,
  searchViews,
  startSearch,
  writeRows,
} from "./kernel.ts";
import type { PackedRows } from "./packed-rows.ts";
import { type Phase, startSearchThreads, type ToSearchThread, workOn } from "./search-thread.ts";

/** Which rows are compared with which, and how. */
export interface SearchPlan {
  listLength: number;
  threads: number;
  /** Numbers of rows, in the order in which jobs take them. */
  queries: Uint32Array;
  /** Five numbers a job: first query, queries, first panel, last panel (excluded), 1 to offer queries to rows too. */
  jobs: Uint32Array;
  largestJob: number;
}

/** A search's memory, with the rows in it and all lists empty. */
export interface Search {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  layout: SearchLayout;
  views: ReturnType<typeof searchViews>;
  kernel: Kernel;
  jobs: number;
}

/** @throws {RangeError} where the rows do not fit into the 4 GB that a WebAssembly memory can have */
export function openSearch(
  module: WebAssembly.Module,
  rows: PackedRows,
  directions: Directions,
  { listLength, threads, queries, jobs, largestJob }: SearchPlan,
): Search {
  const layout = searchLayout({
    ...{ rows: rows.count, stride: rows.stride, listLength, directions, threads },
    ...{ queries: queries.length, largestJob, jobs: jobs.length / 5 },
  });
  const memory = searchMemory(layout);
  writeRows(memory, layout, rows, directions);
  const views = searchViews(memory, layout);
  for (const { neighbours } of views.lists) neighbours.fill(-1);
  new Uint32Array(memory.buffer, layout.jobs, jobs.length).set(jobs);
  new Uint32Array(memory.buffer, layout.queries, queries.length).set(queries);
  const kernel = startSearch(module, memory, layout, 0);
  return { module, memory, layout, views, kernel, jobs: jobs.length / 5 };
}

/** Runs phases one after the other, each on all threads: this one and `others`, which end with the search. */
export async function runSearch(
  { module, memory, layout, kernel, jobs }: Search,
  phases: Phase[],
  others = startSearchThreads(layout.threads - 1),
): Promise<void> {
  const next = new Int32Array(memory.buffer, layout.nextJob, 1);
  const share = { module, memory, layout };
  const tell = (other: Worker, told: ToSearchThread) => other.postMessage(told);
  try {
    for (const [i, other] of others.entries()) tell(other, { share: { ...share, thread: i + 1 } });
    for (const phase of phases) {
      Atomics.store(next, 0, 0);
      const done = others.map((other) => once(other, "message"));
      for (const other of others) tell(other, { phase, jobs });
      workOn({ ...share, thread: 0 }, kernel, phase, jobs);
      await Promise.all(done);
    }
  } finally {
    await endSearchThreads(others);
  }
}

export async function endSearchThreads(threads: Worker[]): Promise<void> {
  await Promise.all(threads.map((thread) => thread.terminate()));
}
