/**
 * The whole clustering of one account from its vectors (neighbours, graph, topics, areas, how firmly each note sits),
 * first from scratch and then on a night on which some notes have changed, from what was kept. Each size is a process
 * of its own, so that its peak of memory is its own. Seconds of the clock and of all threads' CPU.
 *
 *   npm run bench:clustering -- [--notes 1000,10000,100000] [--dimensions 512] [--changed 0.01]
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type ClusteredAccount, clusterAccount } from "@noctuary/core/clustering/cluster-account";
import { syntheticAccount } from "./synthetic-account.ts";

const { values } = parseArgs({
  options: {
    notes: { type: "string", default: "1000,10000,100000" },
    dimensions: { type: "string", default: "512" },
    changed: { type: "string", default: "0.01" },
    process: { type: "boolean", default: false },
  },
});
const dimensions = Number(values.dimensions);

if (values.process) await measure(Number(values.notes));
else {
  for (const notes of values.notes.split(",")) {
    const args = [
      "--process",
      "--notes",
      notes,
      "--dimensions",
      values.dimensions,
      "--changed",
      values.changed,
    ];
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: "inherit" });
  }
}

async function measure(count: number): Promise<void> {
  const changed = Math.round(count * Number(values.changed));
  // Six in ten of the changes are new notes, three other texts, one a note that is gone.
  const [added, edited] = [Math.round(changed * 0.6), Math.round(changed * 0.3)];
  const gone = changed - added - edited;
  let all: Float32Array | undefined = syntheticAccount(count + added + edited, dimensions);
  const keys = BigUint64Array.from({ length: count }, (_, note) => BigInt(note + 1));
  const limits = { dimensions, keepFrom: 3_000 };
  let vectors: Float32Array | undefined = all.slice(0, count * dimensions);
  const changedVectors = all.slice(count * dimensions);
  all = undefined;
  const first = await timed(() =>
    clusterAccount({ ...limits, noteKeys: keys, vectors: vectors! }, availableParallelism()),
  );
  vectors = undefined;
  const { partition, keep } = first.result!;
  const kept = keep && { header: keep.header, chunks: keep.chunks };
  print(`${count} notes from scratch, ${partition.topics} topics`, first);
  if (kept === undefined) return;

  const noteKeys = new BigUint64Array(count - gone + added);
  noteKeys.set(keys.subarray(gone));
  for (let i = 0; i < edited; i++) noteKeys[(i * 37) % (count - gone)] = BigInt(count + 1 + i);
  for (let i = 0; i < added; i++) noteKeys[count - gone + i] = BigInt(count + 1 + edited + i);
  const previous = new Int32Array(noteKeys.length).fill(-1);
  for (let note = 0; note < count - gone; note++) {
    if (noteKeys[note]! <= BigInt(count)) previous[note] = partition.topic[note + gone]!;
  }
  const regrouping = { ...partition.regrouping, changedNotes: changed };
  const incoming = inOrder(noteKeys, count, changedVectors);
  const second = await timed(() =>
    clusterAccount(
      { ...limits, noteKeys, previous: { topic: previous, regrouping }, vectors: incoming, kept },
      availableParallelism(),
    ),
  );
  const chunks = second.result!.keep!.chunks;
  const megabytes = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  print(
    `${count} notes, ${changed} changed, ${chunks.length} chunks (${megabytes.toFixed(1)} MB) to write`,
    second,
  );
  console.log(
    `  that is ${((100 * second.cpuSeconds) / first.cpuSeconds).toFixed(1)} % of the CPU from scratch`,
  );
}

/** The changed notes' vectors in the order in which the notes come. */
function inOrder(noteKeys: BigUint64Array, count: number, changed: Float32Array): Float32Array {
  const rows = [...noteKeys].filter((key) => key > BigInt(count)).map((key) => Number(key) - count - 1);
  const vectors = new Float32Array(rows.length * dimensions);
  for (const [i, row] of rows.entries()) {
    vectors.set(changed.subarray(row * dimensions, (row + 1) * dimensions), i * dimensions);
  }
  return vectors;
}

interface Timed {
  seconds: number;
  cpuSeconds: number;
  result: ClusteredAccount | undefined;
}

async function timed(work: () => Promise<ClusteredAccount | undefined>): Promise<Timed> {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6, result };
}

function print(what: string, { seconds, cpuSeconds }: Timed): void {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${what}: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, peak ${peak} MB with its vectors`,
  );
}
