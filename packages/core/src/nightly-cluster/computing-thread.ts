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
import {
  type DecidedClusters,
  decideClusters,
  type LastNight,
  type TonightsNotes,
} from "./decide-clusters.ts";
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
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** The one thread of this process that computes, and who waits for it in the order of asking. */
let thread: { worker: Worker; waiting: Waiting[] } | undefined;

/**
 * Groups an account's notes on a thread of its own, so that whoever serves a database, a queue or a page on this one
 * is not kept waiting: see clusterAccount. One account after the other; what is passed is handed over and no longer
 * readable here. The thread stays for the next account, and does not keep the process alive.
 *
 * @throws {Error} what went wrong there, memory that ran out included; the next call gets another thread
 */
export function clusterOnThread(input: AccountToCluster): Promise<ClusteredAccount | undefined> {
  return ask(
    { kind: "cluster", input },
    buffersOf([input.vectors, ...(input.kept?.chunks ?? []).map(({ bytes }) => bytes)]),
  ) as Promise<ClusteredAccount | undefined>;
}

/** Decides tonight's clusters there too: with edits, centroids are computed again from all notes' vectors. */
export function decideOnThread(input: ClustersToDecide): Promise<DecidedClusters> {
  const { codes, inverseLengths, keys } = input.rows;
  return ask({ kind: "decide", input }, buffersOf([codes, inverseLengths, keys])) as Promise<DecidedClusters>;
}

/** Names tonight's clusters there: it reads up to sixty notes of each. */
export function nameOnThread(
  { topics, areas }: Parameters<typeof nameTonight>[0],
  texts: Parameters<typeof nameTonight>[1],
  keep: Parameters<typeof nameTonight>[2],
): Promise<ReturnType<typeof nameTonight>> {
  return ask({ kind: "name", input: [{ topics, areas }, texts, keep] }, []) as Promise<
    ReturnType<typeof nameTonight>
  >;
}

function ask(request: Request, handedOver: ArrayBuffer[]): Promise<unknown> {
  thread ??= startThread();
  const { worker, waiting } = thread;
  return new Promise((resolve, reject) => {
    worker.postMessage(request, handedOver);
    // Only now: what could not be posted is not answered.
    worker.ref();
    waiting.push({ resolve, reject });
  });
}

function startThread(): { worker: Worker; waiting: Waiting[] } {
  const waiting: Waiting[] = [];
  // It computes, and needs none of the settings and secrets of the environment.
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { computing: true },
    env: {},
    execArgv: [],
  });
  worker.on("message", (answer: Answer) => {
    const { resolve, reject } = waiting.shift()!;
    if (waiting.length === 0) worker.unref();
    if ("result" in answer) resolve(answer.result);
    else reject(answer.error);
  });
  const end = (error: unknown) => {
    if (thread?.worker === worker) thread = undefined;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  worker.on("error", end);
  worker.on("exit", (code) => end(new Error(`the computing thread ended with code ${code}`)));
  return { worker, waiting };
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
