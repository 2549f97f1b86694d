/**
 * The whole clustering of one account from its vectors (neighbours, graph, topics, areas, how firmly each note sits),
 * first from scratch and then on a night on which some notes have changed, from what was kept. Each size is a process
 * of its own, so that its peak of memory is its own. Seconds of the clock and of all threads' CPU; the second account
 * of a process meets code that is compiled already, as every account but the first does in a night.
 *
 *   [NOCTUARY_TEST_DATABASE_URL=postgres://...] npm run bench:clustering -- [--notes 1000,10000,100000] \
 *     [--dimensions 512] [--changed 0.01]
 *
 * With a server (its login must be able to create databases), what is kept is read from it and written to it, too.
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { clusterAccount } from "@noctuary/core/clustering/cluster-account";
import { type KeptState, keptDatabase } from "./kept-database.ts";
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
const threads = availableParallelism();
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
/** Larger accounts are grouped once only. */
const ONCE_FROM = 50_000;

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
  const first = await timed(() => clusterAccount({ ...limits, noteKeys: keys, vectors: vectors! }, threads));
  const { partition, keep } = first.result!;
  print(`${count} notes from scratch, ${partition.topics} topics`, first);
  if (count < ONCE_FROM) {
    const again = await timed(() =>
      clusterAccount({ ...limits, noteKeys: keys, vectors: vectors! }, threads),
    );
    print("  again", again);
  }
  vectors = undefined;
  if (keep === undefined) return;
  await using database = server === undefined ? undefined : await keptDatabase(server, dimensions);
  await database?.write(keep);
  let kept: KeptState | undefined = { header: keep.header, chunks: keep.chunks };

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
  const read = database && (await timed(() => database.read()));
  if (read !== undefined) {
    print(`  what was kept, read from the database`, read);
    kept = read.result;
  }
  const second = await timed(() =>
    clusterAccount(
      { ...limits, noteKeys, previous: { topic: previous, regrouping }, vectors: incoming, kept: kept! },
      threads,
    ),
  );
  const chunks = second.result!.keep!.chunks;
  const megabytes = chunks.reduce((sum, { bytes }) => sum + bytes.length, 0) / 1e6;
  print(
    `${count} notes, ${changed} changed, ${chunks.length} chunks (${megabytes.toFixed(1)} MB) to write`,
    second,
  );
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
  console.log(`  that is ${percent(second.cpuSeconds, first.cpuSeconds)} of the CPU from scratch`);
  if (database === undefined) return;
  const write = await timed(() => database.write(second.result!.keep!));
  print("  what has changed, written to the database", write);
  const night = [read!, second, write].reduce((sum, { seconds }) => sum + seconds, 0);
  console.log(
    `  with reading and writing ${night.toFixed(2)} s, ${percent(night, first.seconds)} of the time from scratch`,
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

interface Timed<T> {
  seconds: number;
  cpuSeconds: number;
  result: T;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6, result };
}

function print(what: string, { seconds, cpuSeconds }: Timed<unknown>): void {
  const peak = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${what}: ${seconds.toFixed(2)} s, CPU ${cpuSeconds.toFixed(2)} s, peak ${peak} MB with its vectors`,
  );
}
