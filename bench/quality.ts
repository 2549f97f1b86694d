/**
 * How well the topics agree with how people filed the same notes, and how many notes move when 1 % come in.
 *
 *   npm run bench:quality -- FILE.jsonl [--vectors FILE.npy] [FILE.jsonl ...] [--peers TABLE.md]
 *
 * Each file is grouped with the lexical embedder and with the vectors stored beside it. Folder, label and tags are
 * set aside before anything is embedded; they are only what the result is scored against (labels of at least 5
 * notes). TABLE.md is what bench/peers/clustering/run.sh printed: its rows stand beside ours.
 */
import { readFileSync } from "node:fs";
import { clusterNotes } from "@noctuary/core/clustering/cluster-notes";
import type { VectorRows } from "@noctuary/core/clustering/packed-rows";
import type { Partition } from "@noctuary/core/clustering/partition";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { type Collection, InputError, type Score, scoreOf } from "./collection.ts";
import { collectionArguments, runBench } from "./collection-arguments.ts";
import { movedBetween } from "./feed-nights.ts";

const USAGE =
  "usage: npm run bench:quality -- FILE.jsonl [--vectors FILE.npy] [FILE.jsonl ...] [--peers TABLE.md]";
const THREADS = 2;
const ARRIVING = 0.01;
const REPEATS = 3;

export interface QualityReport {
  name: string;
  embedder: string;
  notes: number;
  /** Null when no label has at least 5 notes. */
  score: Score | null;
  /** The share of notes in a topic. */
  coverage: number;
  loose: number;
  topics: number;
  areas: number;
  /** The share of notes in another topic when 1 % come in: both nights cold, and the second from the first. */
  movedCold: number;
  movedWarm: number;
}

export async function measureQuality({ name, embedder, notes, rows }: Collection): Promise<QualityReport> {
  const partition = await clusterNotes(rows, THREADS);
  const { topic, loose, topics, areas } = partition;
  return {
    name,
    embedder,
    notes: notes.length,
    score: scoreOf(notes, topic),
    coverage: topic.filter((t) => t >= 0).length / notes.length,
    loose: loose.reduce((sum, flag) => sum + flag, 0) / notes.length,
    topics,
    areas,
    ...(await moves(rows, partition)),
  };
}

async function moves(rows: VectorRows, whole: Partition): Promise<{ movedCold: number; movedWarm: number }> {
  const arriving = Math.round(rows.count * ARRIVING);
  if (arriving === 0) return { movedCold: 0, movedWarm: 0 };
  let cold = 0;
  let warm = 0;
  for (let repeat = 1; repeat <= REPEATS; repeat++) {
    const before = without(rows, arriving, seededRandom(repeat));
    const partition = await clusterNotes(before.rows, THREADS);
    const topic = new Int32Array(rows.count).fill(-1);
    for (const [position, note] of before.notes.entries()) topic[note] = partition.topic[position]!;
    const tonight = await clusterNotes(
      { ...rows, previous: { topic, regrouping: { ...partition.regrouping, changedNotes: arriving } } },
      THREADS,
    );
    const sameNotes = ({ topic: t }: Partition) => before.notes.map((note) => t[note]!);
    cold += movedBetween(partition.topic, sameNotes(whole)) / before.notes.length;
    warm += movedBetween(partition.topic, sameNotes(tonight)) / before.notes.length;
  }
  return { movedCold: cold / REPEATS, movedWarm: warm / REPEATS };
}

/** All notes but `missing` of them, drawn at random, and which they are. */
function without(
  { vectors, count, dimensions }: VectorRows,
  missing: number,
  random: () => number,
): { rows: VectorRows; notes: number[] } {
  const gone = new Set<number>();
  while (gone.size < missing) gone.add(Math.floor(random() * count));
  const notes = Array.from({ length: count }, (_, note) => note).filter((note) => !gone.has(note));
  const kept = new Float32Array(notes.length * dimensions);
  for (const [position, note] of notes.entries()) {
    kept.set(vectors.subarray(note * dimensions, (note + 1) * dimensions), position * dimensions);
  }
  return { rows: { vectors: kept, count: notes.length, dimensions }, notes };
}

export const HEADER = `| set | vectors | notes | V | AMI | ARI | mean | topics | areas | placed | loose | moved cold | moved warm |
|---|---|---|---|---|---|---|---|---|---|---|---|---|`;

export function formatReport(report: QualityReport): string {
  const { score } = report;
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  const scores = score
    ? [score.v, score.ami, score.ari, score.mean].map((x) => x.toFixed(3))
    : ["", "", "", ""];
  const cells = [
    report.name,
    report.embedder,
    score ? `${report.notes} (${score.scored} in ${score.labels} labels)` : `${report.notes}, no labels`,
    ...scores,
    report.topics,
    report.areas,
    percent(report.coverage),
    percent(report.loose),
    percent(report.movedCold),
    percent(report.movedWarm),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** The rows of the peers' table that are about this set, in the columns of ours. */
export function peerRows(table: string, name: string): string[] {
  return table.split("\n").flatMap((line) => {
    const cells = line.split("|").map((cell) => cell.trim());
    if (cells.length !== 11 || cells[1] !== name) return [];
    const [, , peer, v, ami, ari, mean, topics, noise, moved] = cells;
    return [
      `| ${name} | ${peer} (${noise} noise) | | ${[v, ami, ari, mean, topics].join(" | ")} | | | | ${moved} | |`,
    ];
  });
}

async function main(): Promise<void> {
  const { collections, options } = await collectionArguments(USAGE, ["peers"]);
  const peers = options.has("peers") ? readTable(options.get("peers")!) : "";
  console.log(HEADER);
  for (const [i, collection] of collections.entries()) {
    console.log(formatReport(await measureQuality(collection)));
    if (collections[i + 1]?.name === collection.name) continue;
    for (const row of peerRows(peers, collection.name)) console.log(row);
  }
}

function readTable(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InputError(`cannot read ${file}: give what bench/peers/clustering/run.sh printed`, { cause });
  }
}

if (import.meta.main) await runBench(main);
