import { randomUUID } from "node:crypto";
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import {
  type AccountToCluster,
  type ClusteredAccount,
  clusterAccount,
} from "../clustering/cluster-account.ts";
import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";
import { decideClusters } from "./decide-clusters.ts";
import type { DecidedClusters } from "./decided-clusters.ts";
import type { LastNight, TonightsNotes } from "./last-night.ts";
import { nameTonight } from "./name-tonight.ts";

/** What the thread can be asked for. */
type Request =
  | { kind: "cluster"; input: AccountToCluster }
  | { kind: "decide"; input: ClustersToDecide }
  | { kind: "name"; input: Parameters<typeof nameTonight> };

export interface ClustersToDecide {
  notes: TonightsNotes;
  grouped: Partition;
  last: LastNight;
  /** A row a note; without edits nobody reads them. */
  rows: PackedRows;
}

interface Waiting {
  request: Request;
  handedOver: ArrayBuffer[];
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** The one thread of this process that computes. */
let thread: Worker | undefined;
/** Who waits for it, in the order of asking. The first one is computed; the others' requests are still here. */
const waiting: Waiting[] = [];

/**
 * Groups an account's notes on a thread of its own, so that whoever serves a database, a queue or a page on this one
 * is not kept waiting: see clusterAccount. One account after the other; what is passed is handed over and no longer
 * readable here. The thread stays for the next account, and does not keep the process alive.
 *
 * @throws {Error} what went wrong there, memory that ran out included, and the signal's reason once it is aborted, which
 * ends the computation; the next call gets another thread
 */
export function clusterOnThread(
  input: AccountToCluster,
  signal?: AbortSignal,
): Promise<ClusteredAccount | undefined> {
  return ask(
    { kind: "cluster", input },
    buffersOf([input.vectors, ...(input.kept?.chunks ?? []).map(({ bytes }) => bytes)]),
    signal,
  ) as Promise<ClusteredAccount | undefined>;
}

/** Decides tonight's clusters there too: with edits, centroids are computed again from all notes' vectors. */
export function decideOnThread(input: ClustersToDecide, signal?: AbortSignal): Promise<DecidedClusters> {
  const { codes, inverseLengths, keys } = input.rows;
  const handedOver = buffersOf([codes, inverseLengths, keys]);
  return ask({ kind: "decide", input }, handedOver, signal) as Promise<DecidedClusters>;
}

/** Names tonight's clusters there: it reads up to sixty notes of each. */
export function nameOnThread(
  { topics, areas }: Parameters<typeof nameTonight>[0],
  texts: Parameters<typeof nameTonight>[1],
  keep: Parameters<typeof nameTonight>[2],
  signal?: AbortSignal,
): Promise<ReturnType<typeof nameTonight>> {
  return ask({ kind: "name", input: [{ topics, areas }, texts, keep] }, [], signal) as Promise<
    ReturnType<typeof nameTonight>
  >;
}

/** Rejects with the signal's reason once it is aborted: what is being computed is stopped, and its thread with it. */
function ask(request: Request, handedOver: ArrayBuffer[], signal?: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      const at = waiting.indexOf(one);
      // Nothing else interrupts a computation. Whoever waits behind it gets another thread.
      if (at === 0) endThread(signal!.reason);
      else waiting.splice(at, 1);
      reject(signal!.reason);
    };
    const settled = () => signal?.removeEventListener("abort", stop);
    const one: Waiting = {
      request,
      handedOver,
      resolve(answer) {
        settled();
        resolve(answer);
      },
      reject(error) {
        settled();
        reject(error);
      },
    };
    if (signal?.aborted === true) return reject(signal.reason);
    signal?.addEventListener("abort", stop, { once: true });
    waiting.push(one);
    if (waiting.length === 1) computeFirst();
  });
}

function computeFirst(): void {
  for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
    thread ??= startThread();
    try {
      thread.postMessage(first.request, first.handedOver);
      thread.ref();
      return;
    } catch (error) {
      // What cannot be posted is not answered.
      waiting.shift();
      first.reject(error);
    }
  }
  thread?.unref();
}

function startThread(): Worker {
  // It computes, and needs none of the settings and secrets of the environment.
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { computing: true },
    env: {},
    execArgv: [],
  });
  worker.on("message", (answer: Answer) => {
    if (thread !== worker) return;
    const { resolve, reject } = waiting.shift()!;
    if ("result" in answer) resolve(answer.result);
    else reject(answer.error);
    computeFirst();
  });
  const end = (error: unknown) => {
    if (thread === worker) endThread(error);
  };
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the computing thread ended with code ${code}`)));
  return worker;
}

/** The thread is gone, or has to go: what it computed fails, and the next one in turn gets another thread. */
function endThread(error: unknown): void {
  void thread?.terminate();
  thread = undefined;
  waiting.shift()?.reject(error);
  computeFirst();
}

type Answer = { result: unknown; handedOver: ArrayBuffer[] } | { error: unknown };

/** The buffers that can be handed over: those that nothing else has a part of. */
function buffersOf(arrays: ArrayBufferView[]): ArrayBuffer[] {
  const whole = arrays.filter(({ buffer, byteLength }) => buffer.byteLength === byteLength);
  return [...new Set(whole.map(({ buffer }) => buffer as ArrayBuffer))];
}

// This file is its own thread's entry. In a bundle that is the whole bundle, whose handlers do nothing unasked.
if (!isMainThread && workerData?.computing === true) {
  const port = parentPort!;
  let previous = Promise.resolve();
  port.on("message", (request: Request) => {
    previous = previous
      .then(() => answer(request))
      .then((answered) => {
        if ("error" in answered) port.postMessage(answered);
        else port.postMessage({ result: answered.result }, answered.handedOver);
      });
  });
}

async function answer({ kind, input }: Request): Promise<Answer> {
  try {
    if (kind === "name") return { result: nameTonight(...input), handedOver: [] };
    if (kind === "decide") {
      const { notes, grouped, last, rows } = input;
      return { result: decideClusters(notes, grouped, last, randomUUID, rows), handedOver: [] };
    }
    const clustered = await clusterAccount(input, availableParallelism());
    const { rows, keep } = clustered ?? {};
    const arrays: ArrayBufferView[] = (keep?.chunks ?? []).map(({ bytes }) => bytes);
    if (rows !== undefined) arrays.push(rows.codes, rows.inverseLengths, rows.keys);
    return { result: clustered, handedOver: buffersOf(arrays) };
  } catch (error) {
    return { error };
  }
}
