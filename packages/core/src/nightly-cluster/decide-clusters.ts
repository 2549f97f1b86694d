import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";
import { clusterChanges } from "../identity/cluster-changes.ts";
import { keepNamedAreas } from "../identity/keep-named-areas.ts";
import type { KnownCluster } from "../identity/known-cluster.ts";
import { matchClusters } from "../identity/match-clusters.ts";
import { recallUndone } from "../identity/undone-edits.ts";
import { type DecidedClusters, sizesOf } from "./decided-clusters.ts";
import { keepEdits } from "./keep-edits.ts";
import type { LastNight, TonightsNotes } from "./last-night.ts";
import { tellNight } from "./tell-night.ts";

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
