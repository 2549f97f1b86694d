import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Kernel, type SearchLayout, startSearch } from "./kernel.ts";

/** What the threads of one search share, and which of them this is. */
export interface SearchShare {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  layout: SearchLayout;
  thread: number;
}

export type Phase = "sketch" | "scan";

/** Rows sketched at a time; whole panels. */
const SKETCH_ROWS = 512;
const PANEL_ROWS = 8;

/** A thread's part in a search: blocks of work are taken one by one by whoever is free. */
export function workOn({ memory, layout }: SearchShare, kernel: Kernel, phase: Phase, jobs: number): void {
  const next = new Int32Array(memory.buffer, layout.nextJob, 1);
  const job = new Uint32Array(memory.buffer, layout.jobs, jobs * 5);
  const blocks = phase === "sketch" ? Math.ceil(layout.rows / SKETCH_ROWS) : jobs;
  for (let block = Atomics.add(next, 0, 1); block < blocks; block = Atomics.add(next, 0, 1)) {
    if (phase === "sketch") {
      const first = block * SKETCH_ROWS;
      const last = Math.min(first + SKETCH_ROWS, layout.rows);
      kernel.sketch(first, last);
      kernel.layOutPanels(first / PANEL_ROWS, Math.ceil(last / PANEL_ROWS));
    } else {
      const [query, queries, firstPanel, lastPanel, back] = job.subarray(block * 5, block * 5 + 5);
      kernel.scan(layout.queries + query! * 4, queries!, firstPanel!, lastPanel!, back!);
    }
  }
}

/** What a thread is told: first its share, then each phase, which it answers once it finds no work left. */
export type ToSearchThread = { share: SearchShare } | { phase: Phase; jobs: number };

/** Starts threads that wait for a share each. */
export function startSearchThreads(count: number): Worker[] {
  const url = new URL(import.meta.url);
  const options = { workerData: { search: true }, env: {}, execArgv: [] };
  return Array.from({ length: count }, () => new Worker(url, options));
}

// This file is its own thread's entry. In a bundle that is the whole bundle, whose handlers do nothing unasked.
if (!isMainThread && workerData?.search === true) {
  let share: SearchShare;
  let kernel: Kernel;
  parentPort!.on("message", (told: ToSearchThread) => {
    if ("share" in told) {
      share = told.share;
      kernel = startSearch(share.module, share.memory, share.layout, share.thread);
    } else {
      workOn(share, kernel, told.phase, told.jobs);
      parentPort!.postMessage("done");
    }
  });
}
