import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { clusterNotes, type NotesToCluster } from "./cluster-notes.ts";
import type { Partition } from "./partition.ts";

interface Waiting {
  resolve(partition: Partition): void;
  reject(error: unknown): void;
}

/** The one thread of this process that clusters, and who waits for it in the order of asking. */
let thread: { worker: Worker; waiting: Waiting[] } | undefined;

/**
 * Groups an account's notes on a thread of its own, so that whoever serves a database, a queue or a page on this one
 * is not kept waiting. One account after the other; the vectors are handed over and no longer readable here. The
 * thread stays for the next account, and does not keep the process alive.
 *
 * @throws {Error} what went wrong there, memory that ran out included; the next call gets another thread
 */
export function clusterOnThread(input: NotesToCluster): Promise<Partition> {
  thread ??= startThread();
  const { worker, waiting } = thread;
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    worker.ref();
    worker.postMessage(input, [
      input.vectors.buffer as ArrayBuffer,
      ...(input.previous ? [input.previous.topic.buffer as ArrayBuffer] : []),
    ]);
  });
}

function startThread(): { worker: Worker; waiting: Waiting[] } {
  const waiting: Waiting[] = [];
  // It computes, and needs none of the settings and secrets of the environment.
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { clustering: true },
    env: {},
    execArgv: [],
  });
  worker.on("message", (answer: Answer) => {
    const { resolve, reject } = waiting.shift()!;
    if (waiting.length === 0) worker.unref();
    if ("partition" in answer) resolve(answer.partition);
    else reject(answer.error);
  });
  const end = (error: unknown) => {
    if (thread?.worker === worker) thread = undefined;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the clustering thread ended with code ${code}`)));
  return { worker, waiting };
}

type Answer = { partition: Partition } | { error: unknown };

// This file is its own thread's entry. In a bundle that is the whole bundle, whose handlers do nothing unasked.
if (!isMainThread && workerData?.clustering === true) {
  const port = parentPort!;
  let previous = Promise.resolve();
  port.on("message", (input: NotesToCluster) => {
    previous = previous.then(() => answer(input)).then((answered) => port.postMessage(answered));
  });
}

async function answer(input: NotesToCluster): Promise<Answer> {
  try {
    return { partition: await clusterNotes(input, availableParallelism()) };
  } catch (error) {
    return { error };
  }
}
