import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type AccountToCluster, type ClusteredAccount, clusterAccount } from "./cluster-account.ts";

interface Waiting {
  resolve(clustered: ClusteredAccount | undefined): void;
  reject(error: unknown): void;
}

/** The one thread of this process that clusters, and who waits for it in the order of asking. */
let thread: { worker: Worker; waiting: Waiting[] } | undefined;

/**
 * Groups an account's notes on a thread of its own, so that whoever serves a database, a queue or a page on this one
 * is not kept waiting: see clusterAccount. One account after the other; what is passed is handed over and no longer
 * readable here. The thread stays for the next account, and does not keep the process alive.
 *
 * @throws {Error} what went wrong there, memory that ran out included; the next call gets another thread
 */
export function clusterOnThread(input: AccountToCluster): Promise<ClusteredAccount | undefined> {
  thread ??= startThread();
  const { worker, waiting } = thread;
  return new Promise((resolve, reject) => {
    worker.postMessage(
      input,
      buffersOf([input.vectors, ...(input.kept?.chunks ?? []).map(({ bytes }) => bytes)]),
    );
    // Only now: what could not be posted is not answered.
    worker.ref();
    waiting.push({ resolve, reject });
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
    if ("clustered" in answer) resolve(answer.clustered);
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

type Answer = { clustered: ClusteredAccount | undefined } | { error: unknown };

/** The buffers that can be handed over: those that nothing else has a part of. */
function buffersOf(arrays: (Float32Array | Uint8Array)[]): ArrayBuffer[] {
  const whole = arrays.filter(({ buffer, byteLength }) => buffer.byteLength === byteLength);
  return [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))];
}

// This file is its own thread's entry. In a bundle that is the whole bundle, whose handlers do nothing unasked.
if (!isMainThread && workerData?.clustering === true) {
  const port = parentPort!;
  let previous = Promise.resolve();
  port.on("message", (input: AccountToCluster) => {
    previous = previous
      .then(() => answer(input))
      .then((answered) => {
        const chunks = "clustered" in answered ? (answered.clustered?.keep?.chunks ?? []) : [];
        port.postMessage(answered, buffersOf(chunks.map(({ bytes }) => bytes)));
      });
  });
}

async function answer(input: AccountToCluster): Promise<Answer> {
  try {
    return { clustered: await clusterAccount(input, availableParallelism()) };
  } catch (error) {
    return { error };
  }
}
