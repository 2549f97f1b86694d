/**
 * How many notes move while an account grows: notes in the order of their lines, 1 % more each night, each night
 * from the last one. Prints the share of unchanged notes that are in another topic, the agreement with labels at the
 * end against a cold run, and what confidences say against what happened.
 *
 *   npm run bench:stability -- FILE.jsonl [--vectors FILE.npy] [FILE.jsonl ...] [--nights 30]
 */
import { type Collection, scoreOf } from "./collection.ts";
import { collectionArguments, runBench, UsageError } from "./collection-arguments.ts";
import { feedNights, type Night } from "./feed-nights.ts";

const USAGE =
  "usage: npm run bench:stability -- FILE.jsonl [--vectors FILE.npy] [FILE.jsonl ...] [--nights 30]";
const GROWTH = 1.01;
/** Ten nights see at least one regrouping. */
const LATER = 10;
const STEP = 5;
const CONFIDENCES = [0, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 1.0001];

interface Said {
  confidence: number;
  stayed: boolean;
}

async function measure({ name, embedder, notes, rows }: Collection, count: number): Promise<Said[]> {
  const sizes = Array.from({ length: count + 1 }, (_, i) => Math.round(notes.length / GROWTH ** (count - i)));
  const nights = await feedNights(rows, sizes);
  const [cold] = await feedNights(rows, [notes.length]);
  const shares = nights.slice(1).map(({ moved }, i) => moved / nights[i]!.notes);
  const regrouped = nights.slice(1).filter(({ partition }) => partition.moveCause === "regrouped").length;
  const grown = scoreOf(notes, nights.at(-1)!.partition.topic);
  const fresh = scoreOf(notes, cold!.partition.topic);
  const cells = [
    name,
    embedder,
    `${sizes[0]} to ${notes.length}`,
    percent(shares.reduce((sum, share) => sum + share, 0) / count),
    percent(shares.toSorted((a, b) => a - b)[Math.floor(count / 2)]!),
    percent(Math.max(...shares)),
    regrouped,
    ...(grown && fresh
      ? [grown.v.toFixed(3), fresh.v.toFixed(3), grown.ami.toFixed(3), fresh.ami.toFixed(3)]
      : ["", "", "", ""]),
    nights.at(-1)!.partition.topics,
    cold!.partition.topics,
  ];
  console.log(`| ${cells.join(" | ")} |`);
  return said(nights);
}

function said(nights: readonly Night[]): Said[] {
  const all: Said[] = [];
  for (let night = 0; night + LATER < nights.length; night += STEP) {
    const { idOfNote, partition } = nights[night]!;
    const later = nights[night + LATER]!;
    for (const [note, id] of idOfNote.entries()) {
      all.push({ confidence: partition.confidence[note]!, stayed: later.idOfNote[note] === id });
    }
  }
  return all;
}

function reliability(all: readonly Said[]): string[] {
  return CONFIDENCES.slice(1).flatMap((to, i) => {
    const from = CONFIDENCES[i]!;
    const own = all.filter(({ confidence }) => confidence >= from && confidence < to);
    if (own.length === 0) return [];
    const mean = own.reduce((sum, { confidence }) => sum + confidence, 0) / own.length;
    const stayed = own.filter(({ stayed: yes }) => yes).length / own.length;
    return [
      `| ${from} to ${Math.min(1, to)} | ${percent(own.length / all.length)} | ${mean.toFixed(3)} | ${stayed.toFixed(3)} |`,
    ];
  });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

async function main(): Promise<void> {
  const { collections, options } = await collectionArguments(USAGE, ["nights"]);
  const count = Number(options.get("nights") ?? 30);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(`--nights wants a whole number\n${USAGE}`);
  console.log(
    "| set | vectors | notes | moved a night, mean | median | most | regrouped | V | V cold | AMI | AMI cold | topics | cold |",
  );
  console.log("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
  const all: Said[] = [];
  for (const collection of collections) all.push(...(await measure(collection, count)));
  if (all.length === 0) return;
  console.log(`\nIn the same topic ${LATER} nights later:\n`);
  console.log("| confidence | of the notes | mean said | stayed |\n|---|---|---|---|");
  for (const row of reliability(all)) console.log(row);
}

if (import.meta.main) await runBench(main);
