/**
 * What we call the topics of a collection, beside what somebody else's pipeline calls them, and checks that need no
 * reader: no stop word, no markup, no code, no two alike, no area called by its topics' names strung together.
 *
 *   npm run bench:names -- FILE.jsonl [--vectors F.npy] [--peer NAMES.md] [--brief]
 *
 * FILE holds {title, body} a line; folder and tags are not looked at. NAMES.md holds, a topic, "## Topic ...",
 * "Central notes: a; b" and lines "- method: words"; its topics stand beside those of ours that hold most of their
 * central notes.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { partitionNotes } from "@noctuary/core/clustering/partition";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { beforeMore, isStrungTogether, nameIdentity } from "@noctuary/core/naming/compose-name";
import { mostCentral } from "@noctuary/core/nightly-cluster/central-notes";
import { NOTES_PER_NAME, nameTonight } from "@noctuary/core/nightly-cluster/name-tonight";
import { isStopWord, words } from "@noctuary/core/text/words";
import { readNpy } from "./npy.ts";

interface Note {
  title: string;
  body: string;
}

interface NamedTopic {
  name: string;
  keyphrases: string[];
  size: number;
  titles: string[];
  /** Of all its notes, as a peer's central notes are looked up in them. */
  members: Set<string>;
}

interface NamedArea {
  name: string;
  keyphrases: string[];
  size: number;
  topics: NamedTopic[];
}

const SHOWN_TITLES = 4;

export function readNotes(jsonl: string): Note[] {
  return jsonl
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { title, body } = JSON.parse(line) as Partial<Note>;
      return { title: title ?? "", body: body ?? "" };
    });
}

export async function nameCollection(notes: Note[], vectorFile?: string): Promise<NamedArea[]> {
  const { vectors, dimensions } =
    vectorFile === undefined ? await lexicalVectors(notes) : readNpy(vectorFile);
  const partition = partitionNotes({ vectors, count: notes.length, dimensions });
  const rowsOf = Map.groupBy(notes.keys(), (row) => partition.topic[row]!);
  const decided = {
    topics: Array.from({ length: partition.topics }, (_, t) => ({
      id: `topic-${t}`,
      areaId: `area-${partition.area[t]}`,
      rows: rowsOf.get(t) ?? [],
      cohesion: partition.cohesion[t]!,
    })),
    areas: Array.from({ length: partition.areas }, (_, a) => {
      const topics = [...partition.area.keys()].filter((t) => partition.area[t] === a);
      return {
        id: `area-${a}`,
        topicIds: topics.map((t) => `topic-${t}`),
        size: topics.reduce((sum, t) => sum + (rowsOf.get(t)?.length ?? 0), 0),
      };
    }),
  };
  const central = new Map(
    decided.topics.map(({ id, rows }) => [id, mostCentral(rows, partition.closeness, NOTES_PER_NAME)]),
  );
  const texts = new Map(
    [...central].map(([id, rows]) => [
      id,
      rows.map((row) => ({ title: notes[row]!.title, body: notes[row]!.body.slice(0, 4_000) })),
    ]),
  );
  const names = nameTonight(decided, texts, new Map());
  return decided.areas
    .map((area) => ({
      ...names.get(area.id)!,
      size: area.size,
      topics: decided.topics
        .filter((topic) => topic.areaId === area.id)
        .map((topic) => ({
          ...names.get(topic.id)!,
          size: topic.rows.length,
          titles: central.get(topic.id)!.map((row) => notes[row]!.title),
          members: new Set(topic.rows.map((row) => notes[row]!.title)),
        }))
        .sort((a, b) => b.size - a.size),
    }))
    .sort((a, b) => b.size - a.size);
}

async function lexicalVectors(notes: Note[]) {
  const embedder = lexicalEmbedder();
  const inputs = notes.map(({ title, body }) => `${title}\n\n${body}`);
  const { vectors } = await embedder.embed(inputs, { signal: AbortSignal.timeout(600_000) });
  return { vectors, dimensions: embedder.dimensions };
}

interface PeerTopic {
  heading: string;
  central: string[];
  lines: string[];
}

export function readPeer(markdown: string): PeerTopic[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [heading = "", ...lines] = part.split("\n").filter((line) => line !== "");
      const central = lines.find((line) => line.startsWith("Central notes: ")) ?? "";
      return {
        heading,
        central: central
          .slice("Central notes: ".length)
          .split(";")
          .map((title) => title.trim()),
        lines: lines.filter((line) => line.startsWith("- ")),
      };
    });
}

function peersOf(topics: NamedTopic[], peers: PeerTopic[]): Map<NamedTopic, PeerTopic[]> {
  return Map.groupBy(peers, ({ central }) => {
    const held = ({ members }: NamedTopic) => central.filter((title) => members.has(title)).length;
    return topics.reduce((best, topic) => (held(topic) > held(best) ? topic : best));
  });
}

/** What a machine can tell to be wrong with names; a person reads the rest. */
export function faultsOf(areas: NamedArea[]): string[] {
  const all = [...areas, ...areas.flatMap((area) => area.topics)];
  const faults: string[] = [];
  for (const { name, keyphrases } of all) {
    // What a name ends with that says there is more than it says.
    const said = beforeMore(name) ?? name;
    for (const phrase of [said, ...keyphrases]) {
      const tokens = words(phrase);
      if (tokens.length > 0 && (tokens.every(isStopWord) || isStopWord(tokens.at(-1)!)))
        faults.push(`stop word: ${phrase}`);
      // "TCP/IP" is a name, "priv/static" a path.
      const unnamed = phrase.replace(/[cf]#/gi, "").replace(/(?<=\p{Lu})\/(?=\p{Lu})/gu, "");
      if (/[<>{}[\]()=_*#`\\|~^$@/]|https?:|\b(?!c#)\w+#/.test(unnamed))
        faults.push(`markup or code: ${phrase}`);
      if (/^\d+$|\b\d{4}-\d{2}|^(?=.?\d)[0-9a-f]{2}$/.test(phrase))
        faults.push(`number, date or hex: ${phrase}`);
    }
  }
  for (const { name, topics } of areas) {
    const topicNames = topics.map((topic) => topic.name);
    if (topics.length > 1 && beforeMore(name) === null && isStrungTogether(name, topicNames))
      faults.push(`topics' names strung together: ${name}`);
  }
  // An area of one topic is that topic, and is called like it.
  const distinct = all.filter((one) => !("topics" in one) || one.topics.length > 1);
  const byIdentity = Map.groupBy(distinct, ({ name }) => nameIdentity(name));
  for (const alike of byIdentity.values())
    if (alike.length > 1) faults.push(`alike: ${alike.map(({ name }) => name).join(" / ")}`);
  return faults;
}

const USAGE = "usage: npm run bench:names -- FILE.jsonl [--vectors F.npy] [--peer NAMES.md] [--brief]";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { vectors: { type: "string" }, peer: { type: "string" }, brief: { type: "boolean" } },
    allowPositionals: true,
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) throw new Error(USAGE);
  const notes = readNotes(readFileSync(file, "utf8"));
  const areas = await nameCollection(notes, values.vectors);
  const topics = areas.flatMap((area) => area.topics);
  const peers = values.peer === undefined ? [] : readPeer(readFileSync(values.peer, "utf8"));
  const beside = peersOf(topics, peers);
  console.log(`${notes.length} notes, ${topics.length} topics, ${areas.length} areas`);
  for (const area of areas) {
    console.log(`\n== ${area.name} (${area.size})   ${area.keyphrases.join(", ")}`);
    for (const topic of area.topics) {
      console.log(`\n   ${topic.name} (${topic.size})   ${topic.keyphrases.join(", ")}`);
      if (values.brief) continue;
      console.log(`     notes: ${topic.titles.slice(0, SHOWN_TITLES).join(" · ")}`);
      for (const peer of beside.get(topic) ?? []) {
        console.log(`     peer's ${peer.heading}`);
        for (const line of peer.lines) console.log(`       ${line}`);
      }
    }
  }
  const faults = faultsOf(areas);
  console.log(faults.length === 0 ? "\nchecks: nothing found" : `\nfaults:\n  ${faults.join("\n  ")}`);
  if (faults.length > 0) process.exitCode = 1;
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
