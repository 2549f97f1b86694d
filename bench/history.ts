/**
 * What becomes of one cluster while an account grows: notes in the order of their lines, 1 % more each night, each
 * night from the last one, and the events that `noctuary clusters ID --history` would tell. Of the clusters that live
 * through all nights it is the one with most events, or the one that is asked for by its number.
 *
 *   npm run bench:history -- FILE.jsonl [--vectors FILE.npy] [--nights 30] [--cluster NUMBER]
 */
import { clusterChanges } from "@noctuary/core/identity/cluster-changes";
import { collectionArguments, runBench, UsageError } from "./collection-arguments.ts";
import { clustersOf, feedNights, type Night } from "./feed-nights.ts";

const USAGE =
  "usage: npm run bench:history -- FILE.jsonl [--vectors FILE.npy] [--nights 30] [--cluster NUMBER]";
const GROWTH = 1.01;
const SHOWN_TITLES = 3;

interface Told {
  night: number;
  clusterId: string;
  what: string;
}

/** The events of all clusters, and of each night how many notes came to and left each of them. */
function tell(nights: readonly Night[]): Told[] {
  return nights.slice(1).flatMap((tonight, i) => {
    const night = i + 1;
    const previous = clustersOf(nights[i]!.idOfNote);
    const current = clustersOf(tonight.idOfNote);
    const { events, moved } = clusterChanges({ previous, current });
    const told = events.map(({ kind, clusterId, otherClusterId, share, notesBefore, notesAfter }) => ({
      ...{ night, clusterId },
      what: [
        `${kind}${otherClusterId === undefined ? "" : ` (${otherClusterId})`}`,
        `${notesBefore} -> ${notesAfter} notes`,
        share === undefined ? "" : `share ${share.toFixed(2)}`,
      ]
        .filter(Boolean)
        .join(", "),
    }));
    const ways = Map.groupBy(moved, ({ from, to }) => `${from} ${to}`);
    const moves = [...ways].flatMap(([way, notes]) => {
      const [from, to] = way.split(" ") as [string, string];
      const cause = tonight.partition.moveCause;
      return [
        { night, clusterId: to, what: `${notes.length} came from ${from} (${cause})` },
        { night, clusterId: from, what: `${notes.length} went to ${to} (${cause})` },
      ];
    });
    return [...told, ...moves];
  });
}

async function main(): Promise<void> {
  const { collections, options } = await collectionArguments(USAGE, ["nights", "cluster"]);
  const count = Number(options.get("nights") ?? 30);
  if (!Number.isInteger(count) || count < 1) throw new UsageError(USAGE);
  for (const { name, embedder, notes, rows } of collections) {
    const sizes = Array.from({ length: count + 1 }, (_, i) =>
      Math.round(notes.length / GROWTH ** (count - i)),
    );
    const nights = await feedNights(rows, sizes);
    const told = tell(nights);
    const [first, last] = [new Set(nights[0]!.idOfNote), new Set(nights.at(-1)!.idOfNote)];
    const byCluster = Map.groupBy(told, ({ clusterId }) => clusterId);
    const [most] = [...first]
      .filter((id) => last.has(id))
      .sort((a, b) => (byCluster.get(b)?.length ?? 0) - (byCluster.get(a)?.length ?? 0));
    const id = options.has("cluster") ? `topic-${options.get("cluster")}` : most;
    const sizeIn = ({ idOfNote }: Night) => idOfNote.filter((own) => own === id).length;
    const titles = nights
      .at(-1)!
      .idOfNote.flatMap((own, note) => (own === id ? [notes[note]!.input.split("\n", 1)[0]!] : []));
    console.log(`${name}, ${embedder}: ${id}, such as ${titles.slice(0, SHOWN_TITLES).join("; ")}`);
    console.log("\n| night | notes | what happened |\n|---|---|---|");
    for (const [night, one] of nights.entries()) {
      const events = told.filter((event) => event.clusterId === id && event.night === night);
      const what = night === 0 ? "as found" : events.map((event) => event.what).join("; ");
      console.log(`| ${night} | ${sizeIn(one)} | ${what} |`);
    }
  }
}

await runBench(main);
