/**
 * What an older system would say of the same notes, beside ours: k-means over the very vectors, with as many clusters as
 * the rule of thumb gives (the root of half the notes), compared as `noctuary compare` does.
 *
 *   npm run bench:compare -- FILE.jsonl [--vectors FILE.npy]
 */
import { sayDifference } from "@noctuary/cli/render/comparison";
import { clusterNotes } from "@noctuary/core/clustering/cluster-notes";
import { compareGroupings, type Group } from "@noctuary/core/comparison/compare-groupings";
import { type Collection, scoreOf } from "./collection.ts";
import { collectionArguments, runBench } from "./collection-arguments.ts";
import { kMeans } from "./k-means.ts";

const USAGE = "usage: npm run bench:compare -- FILE.jsonl [--vectors FILE.npy]";
const SHOWN = 15;

async function report(collection: Collection): Promise<void> {
  const { name, embedder, notes, rows } = collection;
  const { vectors, count, dimensions } = rows;
  const k = Math.ceil(Math.sqrt(count / 2));
  let started = performance.now();
  const old = kMeans(
    Array.from({ length: count }, (_, i) => [...vectors.subarray(i * dimensions, (i + 1) * dimensions)]),
    k,
  );
  const oldSeconds = (performance.now() - started) / 1000;
  started = performance.now();
  const { topic } = await clusterNotes(rows, 2);
  const ourSeconds = (performance.now() - started) / 1000;
  const compared = compareGroupings(groupsOf(collection, old), groupsOf(collection, topic));
  console.log(`${name}, ${embedder}: ${count} notes`);
  console.log(
    `  agreement ${compared.ari.toFixed(3)}; clusters ${compared.groups.theirs} -> ${compared.groups.ours}, ${compared.alike} about the same; ${oldSeconds.toFixed(1)} s -> ${ourSeconds.toFixed(1)} s`,
  );
  const [theirScore, ourScore] = [scoreOf(notes, old), scoreOf(notes, topic)];
  if (theirScore !== null && ourScore !== null) {
    const say = ({ v, ami, ari }: typeof ourScore) =>
      `V ${v.toFixed(3)} AMI ${ami.toFixed(3)} ARI ${ari.toFixed(3)}`;
    console.log(`  against the labels: k-means ${say(theirScore)}, ours ${say(ourScore)}`);
  }
  for (const difference of compared.differences.slice(0, SHOWN))
    console.log(`    ${sayDifference(difference)}`);
}

/** Called after the label that most of its notes have, for whoever reads the report. */
function groupsOf({ notes }: Collection, labels: ArrayLike<number>): Group[] {
  const members = Map.groupBy(notes.keys(), (note) => labels[note]!);
  return [...members].map(([id, of]) => {
    const counts = new Map<string, number>();
    for (const note of of)
      counts.set(notes[note]!.label ?? "?", (counts.get(notes[note]!.label ?? "?") ?? 0) + 1);
    const [most] = [...counts].sort((a, b) => b[1] - a[1]);
    return { id: String(id), name: `${most![0]}`, noteIds: of.map(String) };
  });
}

if (import.meta.main) {
  await runBench(async () => {
    const { collections } = await collectionArguments(USAGE, []);
    for (const collection of collections) await report(collection);
  });
}
