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

/** Starts a thread that answers each phase that it is sent once it finds no work left. */
export function startSearchThread(share: SearchShare): Worker {
  return new Worker(new URL(import.meta.url), { workerData: { search: share }, env: {}, execArgv: [] });
}

// This file is its own thread's entry. In a bundle that is the whole bundle, whose handlers do nothing unasked.
const share: SearchShare | undefined = isMainThread ? undefined : workerData?.search;
if (share !== undefined) {
  const kernel = startSearch(share.module, share.memory, share.layout, share.thread);
  parentPort!.on("message", ({ phase, jobs }: { phase: Phase; jobs: number }) => {
    workOn(share, kernel, phase, jobs);
    parentPort!.postMessage("done");
  });
}
