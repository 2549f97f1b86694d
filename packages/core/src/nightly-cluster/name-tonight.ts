import type { Cluster } from "@noctuary/db/clusters/cluster";
import { nameIdentity } from "../naming/compose-name.ts";
import { nameAreas } from "../naming/name-areas.ts";
import { nameClusters } from "../naming/name-clusters.ts";
import type { ClusterName, ClusterText } from "../naming/read-clusters.ts";
import { type DecidedArea, type DecidedClusters, sizesOf } from "./decided-clusters.ts";

/** Notes of a cluster that are read for its name; the most central ones speak for the rest. */
export const NOTES_PER_NAME = 60;
const CENTRAL_NOTES = 5;

export interface GivenName {
  name: string;
  keyphrases: string[];
  namedBy: Cluster["namedBy"];
  namedSize: number;
  askedSize: number | null;
}

/** A cluster that became so much larger or smaller since it was named is looked at again. */
const RENAME_CHANGE = 0.3;

/**
 * Which clusters keep the names they have: what the user named, and what is materially the cluster that was named.
 * One that lost a note for good is named anew, because its words may have come from that note.
 */
export function namesToKeep(
  decided: Pick<DecidedClusters, "topics" | "areas" | "events">,
  before: Map<string, Cluster>,
  lostNotes: Set<string>,
): Map<string, GivenName> {
  const changed = new Set(
    decided.events
      .filter((event) => event.kind === "merged" || event.kind === "split")
      .flatMap((event) => [event.clusterId, event.otherId]),
  );
  const kept = new Map<string, GivenName>();
  for (const [id, size] of sizesOf(decided)) {
    const old = before.get(id);
    if (old === undefined || old.retiredAt !== null || old.name === "") continue;
    const drifted = Math.abs(size - old.namedSize) > Math.max(2, old.namedSize * RENAME_CHANGE);
    if (old.namedBy === "user" || !(drifted || changed.has(id) || lostNotes.has(id))) kept.set(id, old);
  }
  for (const area of decided.areas) if (!mayKeep(area, decided, kept)) kept.delete(area.id);
  return kept;
}

/** No area is called like a topic, unless that is its only one; what the user says stands. */
function mayKeep(
  area: DecidedArea,
  { topics }: Pick<DecidedClusters, "topics">,
  kept: Map<string, GivenName>,
): boolean {
  const own = kept.get(area.id);
  if (own === undefined || own.namedBy === "user") return true;
  return !topics.some(({ id }) => {
    const name = isOnlyTopic(area, id) ? undefined : kept.get(id)?.name;
    return name !== undefined && nameIdentity(name) === nameIdentity(own.name);
  });
}

function isOnlyTopic({ topicIds }: DecidedArea, topicId: string): boolean {
  return topicIds.length === 1 && topicIds[0] === topicId;
}

/** Names topics, then areas; `keep` are the names that stand. The same notes get the same names, whatever their ids. */
export function nameTonight(
  decided: Pick<DecidedClusters, "topics" | "areas">,
  texts: Map<string, { title: string; body: string }[]>,
  keep: Map<string, GivenName>,
): Map<string, GivenName> {
  const { topics, areas } = decided;
  const keys = keysOf(decided);
  const topicTexts = topics.map(
    ({ id, rows }): ClusterText => ({
      key: keys.get(id)!,
      size: rows.length,
      notes: (texts.get(id) ?? []).map((text, rank) => ({ ...text, isCentral: rank < CENTRAL_NOTES })),
      ...keptName(keep, id),
    }),
  );
  const keptAreaNames = areas.flatMap(({ id }) => keep.get(id)?.name ?? []);
  const topicNames = nameClusters(topicTexts, keptAreaNames);
  const areaNames = nameAreas(
    areas.map(({ id, topicIds }) => ({
      key: keys.get(id)!,
      topics: topicIds.map((topicId) => keys.get(topicId)!),
      ...keptName(keep, id),
    })),
    topicTexts,
    topicNames,
  );
  const named = new Map([...topicNames, ...areaNames].map((name: ClusterName) => [name.key, name]));
  return new Map(
    [...sizesOf(decided)].map(([id, namedSize]) => {
      const { name, keyphrases } = named.get(keys.get(id)!)!;
      return [id, keep.get(id) ?? { name, keyphrases, namedBy: "noctuary", namedSize, askedSize: null }];
    }),
  );
}

/** Names are chosen in the order of keys where nothing else decides. Ids are random; a cluster's first note is not. */
function keysOf({ topics, areas }: Pick<DecidedClusters, "topics" | "areas">): Map<string, string> {
  const first = new Map(topics.map(({ id, rows }) => [id, String(rows[0]).padStart(10, "0")]));
  const ofAreas = areas.map(({ id, topicIds }) => {
    const [key] = topicIds.map((topicId) => first.get(topicId)!).sort();
    return [id, `area ${key}`] as const;
  });
  return new Map([...first, ...ofAreas]);
}

function keptName(keep: Map<string, GivenName>, id: string): { keepName?: string } {
  const name = keep.get(id)?.name;
  return name === undefined ? {} : { keepName: name };
}
