import { asUser } from "@noctuary/db/access";
import { type Cluster, noteExcerpts } from "@noctuary/db/clusters/cluster";
import type { Partition } from "../clustering/partition.ts";
import type { Context } from "../context.ts";
import { mostCentral } from "./central-notes.ts";
import type { DecidedClusters, LastNight } from "./decide-clusters.ts";
import { type GivenName, NOTES_PER_NAME, namesToKeep, nameTonight } from "./name-tonight.ts";

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

/** Tonight's names: the old ones where they still hold, new ones for the rest. */
export async function giveNames(
  context: Context,
  userId: string,
  { clusters, last, stored: { noteIds }, bereft }: NamedBefore,
  decided: DecidedClusters,
  partition: Partition,
): Promise<Map<string, GivenName>> {
  const parentOf = new Map(last.topics.map((topic) => [topic.id, topic.parentId]));
  const lostNotes = new Set([...bereft].flatMap((id) => [id, parentOf.get(id) ?? id]));
  const keep = namesToKeep(decided, clusters, lostNotes);
  if (keep.size === decided.topics.length + decided.areas.length) return keep;
  const central = decided.topics.map((topic) => ({
    id: topic.id,
    noteIds: mostCentral(topic.rows, partition.closeness, NOTES_PER_NAME).map((row) => noteIds[row]!),
  }));
  const excerpts = await asUser(context.db, userId, (tx) =>
    noteExcerpts(
      tx,
      userId,
      central.flatMap((topic) => topic.noteIds),
      EXCERPT_CHARACTERS,
    ),
  );
  const texts = new Map(
    central.map((topic) => [topic.id, topic.noteIds.flatMap((id) => excerpts.get(id) ?? [])]),
  );
  return nameTonight(decided, texts, keep);
}
