import { asUser } from "@noctuary/db/access";
import { type Cluster, noteExcerpts } from "@noctuary/db/clusters/cluster";
import type { Partition } from "../clustering/partition.ts";
import { nameIdentity } from "../naming/compose-name.ts";
import { type Asked, type AskingInput, askForNames } from "./ask-for-names.ts";
import { mostCentral } from "./central-notes.ts";
import { nameOnThread } from "./computing-thread.ts";
import { type DecidedClusters, sizesOf } from "./decided-clusters.ts";
import type { LastNight } from "./last-night.ts";
import { type GivenName, NOTES_PER_NAME, namesToKeep } from "./name-tonight.ts";
import { materialOf, type NoteExcerpt, nearbyOf } from "./naming-material.ts";

/** Enough of a body to name a cluster by. */
const EXCERPT_CHARACTERS = 4_000;

/** What was there before tonight, as far as names rest on it. */
export interface NamedBefore {
  stored: { noteIds: string[] };
  clusters: Map<string, Cluster>;
  last: LastNight;
  /** Clusters that notes were in, last night or ever, which tonight are excluded or gone; not always their areas. */
  bereft: Set<string>;
}

/**
 * Tonight's names: the old ones where they still hold, new ones for the rest; and where a language model was chosen,
 * its names for those that have a plain one and were not asked for before.
 */
export async function giveNames(
  input: AskingInput,
  { clusters, last, stored: { noteIds }, bereft }: NamedBefore,
  decided: DecidedClusters,
  partition: Pick<Partition, "closeness">,
): Promise<Map<string, GivenName>> {
  const { context, userId } = input;
  const parentOf = new Map(last.topics.map((topic) => [topic.id, topic.parentId]));
  const lostNotes = new Set([...bereft].flatMap((id) => [id, parentOf.get(id) ?? id]));
  const keep = namesToKeep(decided, clusters, lostNotes);
  const areAllKept = keep.size === decided.topics.length + decided.areas.length;
  if (areAllKept && (context.llm === null || ![...keep.values()].some(isAskable))) return keep;

  const central = new Map(
    decided.topics.map((topic) => [
      topic.id,
      mostCentral(topic.rows, partition.closeness, NOTES_PER_NAME).map((row) => noteIds[row]!),
    ]),
  );
  const nearby = nearbyOf(decided);
  const wanted = context.llm === null ? [] : [...nearby.misses.values()].flat();
  const excerpts = await asUser(context.db, userId, (tx) =>
    noteExcerpts(tx, userId, [...new Set([...central.values()].flat().concat(wanted))], EXCERPT_CHARACTERS),
  );
  const excerptsOf = (ids: readonly string[]) =>
    ids.map((id) => excerpts.get(id)).filter((excerpt) => excerpt !== undefined);
  const texts = new Map([...central].map(([id, ids]) => [id, excerptsOf(ids)]));
  const plain = areAllKept ? keep : await nameOnThread(decided, texts, keep, input.signal);
  const { llm } = context;
  if (llm === null) return plain;

  const sizes = sizesOf(decided);
  // An area of one topic is called like it, and not asked about.
  const areas = new Map(
    decided.areas.filter(({ topicIds }) => topicIds.length !== 1).map((area) => [area.id, area]),
  );
  const toAsk = (
    ids: readonly string[],
    names: Map<string, GivenName>,
    about: (id: string) => About,
  ): Asked[] =>
    ids
      .filter((id) => isAskable(names.get(id)!))
      .map((id) => {
        const material = materialOf(id, { names, ...about(id) });
        const topicIds = areas.get(id)?.topicIds;
        return { id, size: sizes.get(id)!, material, ...(topicIds && { topicIds }) };
      });

  const topics = toAsk(
    decided.topics.map(({ id }) => id),
    plain,
    (id) => ({
      notes: texts.get(id)!,
      misses: excerptsOf(nearby.misses.get(id) ?? []),
      neighbours: nearby.neighbours.get(id) ?? [],
    }),
  );
  const identitiesOf = (names: Map<string, GivenName>) =>
    new Set(
      [...names]
        .filter(([id]) => areas.has(id) || !decided.areas.some((area) => area.id === id))
        .map(([, { name }]) => nameIdentity(name)),
    );
  const withTopics = await askForNames(input, llm, topics, plain, identitiesOf(plain));
  const areasToAsk = toAsk([...areas.keys()], withTopics, (id) => ({
    notes: oneOfEach(areas.get(id)!.topicIds.map((topicId) => texts.get(topicId) ?? [])),
    misses: [],
    neighbours: [...areas.keys()].filter((other) => other !== id).slice(0, 3),
  }));
  const named = await askForNames(input, llm, areasToAsk, withTopics, identitiesOf(withTopics));
  return likeTheirOnlyTopic(decided, plain, named);
}

interface About {
  notes: NoteExcerpt[];
  misses: NoteExcerpt[];
  neighbours: string[];
}

/** Named by us, with words to go by, and not asked for since. */
function isAskable({ namedBy, askedSize, keyphrases }: GivenName): boolean {
  return namedBy === "noctuary" && askedSize === null && keyphrases.length > 0;
}

/** The most central note of each topic, then the second of each: an area is about all of them. */
function oneOfEach(topics: NoteExcerpt[][]): NoteExcerpt[] {
  const longest = Math.max(0, ...topics.map((notes) => notes.length));
  return Array.from({ length: longest }, (_, rank) => rank).flatMap((rank) =>
    topics.flatMap((notes): NoteExcerpt[] => (notes[rank] === undefined ? [] : [notes[rank]])),
  );
}

/** Areas that were called like their only topic are called like it still; none of one topic is asked about. */
function likeTheirOnlyTopic(
  { areas }: DecidedClusters,
  before: Map<string, GivenName>,
  now: Map<string, GivenName>,
): Map<string, GivenName> {
  const names = new Map(now);
  for (const { id, topicIds } of areas) {
    const [only, ...others] = topicIds;
    const own = now.get(id)!;
    if (only === undefined || others.length > 0 || own.namedBy === "user") continue;
    const { name, namedBy, askedSize } = now.get(only)!;
    const isAlike = own.name === before.get(only)!.name && namedBy !== "user";
    names.set(id, { ...own, askedSize, ...(isAlike ? { name, namedBy } : {}) });
  }
  return names;
}
