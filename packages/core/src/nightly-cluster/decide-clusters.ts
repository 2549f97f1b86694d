import type { ClusterEventRow, Membership } from "@noctuary/db/clusters/cluster";
import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";
import { clusterChanges } from "../identity/cluster-changes.ts";
import type { Edit, EditReport } from "../identity/edits.ts";
import { keepNamedAreas } from "../identity/keep-named-areas.ts";
import { type KnownCluster, matchClusters } from "../identity/match-clusters.ts";
import type { MissingNote } from "../identity/report-edits.ts";
import { type RetiredCluster, recallUndone } from "../identity/undone-edits.ts";
import { keepEdits } from "./keep-edits.ts";
import { tellNight } from "./tell-night.ts";

/** What the last night left, and what the user has said of it. */
export interface LastNight {
  topics: { id: string; name: string; parentId: string | null }[];
  areas: { id: string; name: string }[];
  memberships: Pick<Membership, "noteId" | "clusterId" | "placedBy">[];
  /** Retired of late, or by an edit. */
  retired: RetiredCluster[];
  /** The oldest first. */
  edits: Edit[];
  /** Why a note that an edit names has no vector tonight. */
  missing: Map<string, MissingNote>;
}

export interface DecidedTopic {
  id: string;
  areaId: string;
  /** Rows of tonight's vectors, ascending. */
  rows: number[];
  cohesion: number;
}

export interface DecidedArea {
  id: string;
  topicIds: string[];
  size: number;
}

/** A cluster that is no more, and what is kept of it. */
export interface EndedCluster {
  id: string;
  mergedInto: string | null;
  retiredBy: string | null;
  lastMembers: string[];
}

/** A cluster that was not found again, and the edit that has ended it once more, where one has. */
export interface LookedFor {
  id: string;
  retiredBy: string | null;
}

export interface DecidedClusters {
  topics: DecidedTopic[];
  areas: DecidedArea[];
  memberships: Membership[];
  events: Omit<ClusterEventRow, "at" | "runId">[];
  /** Topics born, grown, shrunk, merged, split, retired, and unchanged notes that are in another topic now. */
  counts: Record<string, number>;
  /** The partition as it is with the user's edits in it: topics in the order of `topics`. */
  partition: Partition;
  ended: EndedCluster[];
  /** Clusters that an edit had ended which was taken back, and which are not there again all the same. */
  lookedForInVain: LookedFor[];
  /** Names that the user gave, by cluster. */
  names: Map<string, string>;
  editReports: EditReport[];
  /** Whether an edit has a note elsewhere than grouping had it. */
  editsMoved: boolean;
  /** Edits that now know which notes they were about. */
  aboutEdits: { id: string; noteIds: string[] }[];
}

/** Sizes of all of tonight's clusters, areas too, by id. */
export function sizesOf({ topics, areas }: Pick<DecidedClusters, "topics" | "areas">): Map<string, number> {
  return new Map([
    ...topics.map((topic) => [topic.id, topic.rows.length] as const),
    ...areas.map((area) => [area.id, area.size] as const),
  ]);
}

export interface TonightsNotes {
  noteIds: string[];
  /** Those that are new or whose text has changed. */
  fresh: Set<string>;
}

/**
 * Last night's topic of each note of tonight as a dense index: Leiden begins from there. -1 for a note that had none,
 * and for one whose text has changed, so that it may go where it belongs now. What an edit did that was taken back
 * since does not count.
 */
export function previousTopics({ noteIds, fresh }: TonightsNotes, last: LastNight): Int32Array {
  const recalled = recallUndone(last);
  const topicIndex = new Map([...last.topics, ...recalled.clusters].map((topic, i) => [topic.id, i]));
  return Int32Array.from(noteIds, (id) =>
    fresh.has(id) ? -1 : (topicIndex.get(recalled.topicOf.get(id) ?? "") ?? -1),
  );
}

/**
 * Gives tonight's groups their permanent ids, keeps the user's edits, and says what happened to each cluster. Areas are
 * matched as topics are.
 *
 * @param rows the vectors of the notes, row by row; without edits nobody reads them
 */
export function decideClusters(
  notes: TonightsNotes,
  grouped: Partition,
  last: LastNight,
  newId: () => string,
  rows: PackedRows,
): DecidedClusters {
  const { noteIds } = notes;
  const recalled = recallUndone(last);
  const retired = (level: "topic" | "area"): KnownCluster[] =>
    last.retired
      .filter((cluster) => cluster.level === level)
      .map(({ id, lastMembers }) => ({ id, members: lastMembers }));
  const byTopic = Map.groupBy(last.memberships, ({ clusterId }) => clusterId);
  const membersOf = (id: string) => (byTopic.get(id) ?? []).map(({ noteId }) => noteId);
  const previousTopics = last.topics.map(({ id }) => ({ id, members: membersOf(id) }));
  const beginFrom = Map.groupBy(recalled.topicOf.keys(), (note) => recalled.topicOf.get(note)!);
  const ids = matchClusters({
    previous: [...last.topics, ...recalled.clusters].map(({ id }) => ({
      id,
      members: beginFrom.get(id) ?? [],
    })),
    current: group(grouped.topic, grouped.topics).map((of) => ({ members: of.map((row) => noteIds[row]!) })),
    retired: retired("topic"),
    newId,
  });
  const kept = keepEdits({ notes, grouped, ids, last, recalled, rows, newId, previousTopics });
  const rowsOfTopic = group(kept.partition.topic, kept.partition.topics);
  const currentTopics = rowsOfTopic.map((of, t) => ({
    id: kept.ids[t]!,
    members: of.map((row) => noteIds[row]!),
  }));
  const previousAreas = last.areas.map(({ id }) => ({
    id,
    members: last.topics.filter((topic) => topic.parentId === id).flatMap((topic) => membersOf(topic.id)),
  }));
  const namedAreas = keepNamedAreas({
    topics: currentTopics,
    grouped: kept.partition,
    previous: previousAreas,
    named: new Set(kept.standing.names.keys()),
    fresh: notes.fresh,
  });
  const partition = { ...kept.partition, area: namedAreas.area, areas: namedAreas.areas };
  const topicsOfArea = group(partition.area, partition.areas);
  const areasNow = topicsOfArea.map((of) => ({ members: of.flatMap((t) => currentTopics[t]!.members) }));
  const areaIds = matchClusters({
    previous: previousAreas,
    current: areasNow,
    retired: retired("area"),
    newId,
  });
  const topics = rowsOfTopic.map((of, t) => ({
    id: kept.ids[t]!,
    areaId: areaIds[partition.area[t]!]!,
    rows: of,
    cohesion: partition.cohesion[t]!,
  }));
  const areas = topicsOfArea.map((of, a) => ({
    id: areaIds[a]!,
    topicIds: of.map((t) => kept.ids[t]!),
    size: areasNow[a]!.members.length,
  }));
  const told = tellNight({
    notes,
    kept,
    recalled,
    topicChanges: clusterChanges({
      previous: previousTopics,
      current: currentTopics,
      retired: retired("topic"),
    }),
    areaChanges: clusterChanges({
      previous: previousAreas,
      current: areasNow.map((area, a) => ({ ...area, id: areaIds[a]! })),
      retired: retired("area"),
    }),
    previous: [...previousTopics, ...previousAreas],
    sizes: sizesOf({ topics, areas }),
    last,
  });
  return {
    topics,
    areas,
    memberships: noteIds.map((noteId, row) => ({
      noteId,
      clusterId: kept.ids[partition.topic[row]!]!,
      confidence: partition.confidence[row]!,
      rivalId: partition.rival[row]! < 0 ? null : kept.ids[partition.rival[row]!]!,
      loose: partition.loose[row] === 1,
      placedBy: kept.placedByUser.has(row) ? "user" : "noctuary",
    })),
    partition,
    aboutEdits: kept.aboutEdits,
    editsMoved: kept.editOfRow.size > 0,
    lookedForInVain: recalled.clusters
      .filter(({ id }) => !kept.ids.includes(id))
      .map(({ id }) => {
        const { into, forgotten } = kept.standing;
        return { id, retiredBy: (into.get(id)?.edit ?? forgotten.get(id))?.id ?? null };
      }),
    ...told,
  };
}

function group(label: ArrayLike<number>, count: number): number[][] {
  const groups: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < label.length; i++) groups[label[i]!]!.push(i);
  return groups;
}
