import type { ClusterEventRow, Membership } from "@noctuary/db/clusters/cluster";
import type { Partition } from "../clustering/partition.ts";
import { type ClusterEvent, type MatchedClusters, matchClusters } from "../identity/match-clusters.ts";

/** What the last night left. */
export interface LastNight {
  topics: { id: string; name: string; parentId: string | null }[];
  areas: { id: string; name: string }[];
  memberships: Pick<Membership, "noteId" | "clusterId">[];
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

export interface DecidedClusters {
  topics: DecidedTopic[];
  areas: DecidedArea[];
  memberships: Membership[];
  events: Omit<ClusterEventRow, "at" | "runId">[];
  /** Topics born, grown, shrunk, merged, split, retired, and unchanged notes that are in another topic now. */
  counts: Record<string, number>;
}

/** Sizes of all of tonight's clusters, areas too, by id. */
export function sizesOf({ topics, areas }: DecidedClusters): Map<string, number> {
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
 * and for one whose text has changed, so that it may go where it belongs now.
 */
export function previousTopics({ noteIds, fresh }: TonightsNotes, last: LastNight): Int32Array {
  const topicIndex = new Map(last.topics.map((topic, i) => [topic.id, i]));
  const topicOfNote = new Map(last.memberships.map((m) => [m.noteId, topicIndex.get(m.clusterId) ?? -1]));
  return Int32Array.from(noteIds, (id) => (fresh.has(id) ? -1 : (topicOfNote.get(id) ?? -1)));
}

/** Gives tonight's groups their permanent ids and says what happened to each cluster. Areas are matched as topics are. */
export function decideClusters(
  { noteIds, fresh }: TonightsNotes,
  partition: Partition,
  last: LastNight,
  newId: () => string,
): DecidedClusters {
  const rowsOfTopic = group(partition.topic, partition.topics);
  const topicsOfArea = group(partition.area, partition.areas);
  const previousMembers = Map.groupBy(last.memberships, (m) => m.clusterId);
  const membersOfTopic = (id: string) => (previousMembers.get(id) ?? []).map((m) => m.noteId);

  const topicMatch = matchClusters({
    previous: last.topics.map((topic) => ({ ...topic, members: membersOfTopic(topic.id) })),
    current: rowsOfTopic.map((rows) => ({ members: rows.map((row) => noteIds[row]!) })),
    newId,
  });
  const areaMatch = matchClusters({
    previous: last.areas.map((area) => ({
      ...area,
      members: last.topics
        .filter((topic) => topic.parentId === area.id)
        .flatMap((topic) => membersOfTopic(topic.id)),
    })),
    current: topicsOfArea.map((topics) => ({
      members: topics.flatMap((topic) => rowsOfTopic[topic]!.map((row) => noteIds[row]!)),
    })),
    newId,
  });

  const topics = rowsOfTopic.map((rows, t) => ({
    id: topicMatch.ids[t]!,
    areaId: areaMatch.ids[partition.area[t]!]!,
    rows,
    cohesion: partition.cohesion[t]!,
  }));
  return {
    topics,
    areas: topicsOfArea.map((members, a) => ({
      id: areaMatch.ids[a]!,
      topicIds: members.map((t) => topicMatch.ids[t]!),
      size: members.reduce((sum, t) => sum + rowsOfTopic[t]!.length, 0),
    })),
    memberships: noteIds.map((noteId, row) => ({
      noteId,
      clusterId: topicMatch.ids[partition.topic[row]!]!,
      confidence: partition.confidence[row]!,
      rivalId: partition.rival[row]! < 0 ? null : topicMatch.ids[partition.rival[row]!]!,
      loose: partition.loose[row] === 1,
    })),
    events: [...topicMatch.events, ...areaMatch.events].map(toRow).concat(movesOf(topicMatch, topics)),
    counts: {
      ...countEvents(topicMatch, fresh),
      settled: settledNotes(previousTopics({ noteIds, fresh }, last)),
    },
  };
}

function group(label: ArrayLike<number>, count: number): number[][] {
  const groups: number[][] = Array.from({ length: count }, () => []);
  for (let i = 0; i < label.length; i++) groups[label[i]!]!.push(i);
  return groups;
}

function countEvents({ events, moved }: MatchedClusters, fresh: Set<string>): Record<string, number> {
  const counts: Record<string, number> = { moved: moved.filter(({ noteId }) => !fresh.has(noteId)).length };
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function settledNotes(previous: Int32Array): number {
  return previous.reduce((notes, topic) => notes + (topic >= 0 ? 1 : 0), 0);
}

function toRow(event: ClusterEvent): DecidedClusters["events"][number] {
  return {
    kind: event.kind,
    clusterId: event.clusterId,
    otherId: event.otherClusterId ?? null,
    noteId: null,
    cause: null,
    editId: null,
    share: event.share ?? null,
    notesBefore: event.notesBefore,
    notesAfter: event.notesAfter,
  };
}

/** One event for each note that is in another topic than last night: nothing moves without a trace. */
function movesOf({ moved }: MatchedClusters, topics: DecidedTopic[]): DecidedClusters["events"] {
  const size = new Map(topics.map((topic) => [topic.id, topic.rows.length]));
  return moved.map(({ noteId, from, to }) => ({
    kind: "moved" as const,
    clusterId: to,
    otherId: from,
    noteId,
    cause: null,
    editId: null,
    share: null,
    notesBefore: size.get(from) ?? 0,
    notesAfter: size.get(to) ?? 0,
  }));
}
