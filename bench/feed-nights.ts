import { clusterNotes } from "@noctuary/core/clustering/cluster-notes";
import type { VectorRows } from "@noctuary/core/clustering/packed-rows";
import type { Partition, PreviousPartition } from "@noctuary/core/clustering/partition";
import { matchClusters } from "@noctuary/core/identity/match-clusters";

/** One night of an account that grows. */
export interface Night {
  notes: number;
  partition: Partition;
  /** The permanent id of each note's topic. */
  idOfNote: string[];
  /** Notes of the night before that are in another topic now. */
  moved: number;
}

const THREADS = 2;

/**
 * Feeds notes in their order, night after night, as the nightly job does: `sizes` says how many notes there are in
 * each night. Topics are matched to those of the night before, and each night starts from the last.
 */
export async function feedNights(all: VectorRows, sizes: readonly number[]): Promise<Night[]> {
  const nights: Night[] = [];
  let ids = 0;
  for (const notes of sizes) {
    const last = nights.at(-1);
    const partition = await clusterNotes(
      { ...firstRows(all, notes), ...(last && { previous: previousOf(last, notes) }) },
      THREADS,
    );
    const members = Array.from({ length: partition.topics }, () => [] as string[]);
    for (let note = 0; note < notes; note++) members[partition.topic[note]!]!.push(String(note));
    const idOfTopic = matchClusters({
      previous: clustersOf(last?.idOfNote ?? []),
      current: members.map((own) => ({ members: own })),
      newId: () => `topic-${ids++}`,
    });
    const idOfNote = Array.from(partition.topic, (topic) => idOfTopic[topic]!);
    const moved = last === undefined ? 0 : last.idOfNote.filter((id, note) => id !== idOfNote[note]).length;
    nights.push({ notes, partition, idOfNote, moved });
  }
  return nights;
}

/** The notes of each cluster, by their positions. */
export function clustersOf(idOfNote: readonly string[]): { id: string; members: string[] }[] {
  return [...Map.groupBy(idOfNote.keys(), (note) => idOfNote[note]!)].map(([id, notes]) => ({
    id,
    members: notes.map(String),
  }));
}

function firstRows({ vectors, dimensions }: VectorRows, count: number): VectorRows {
  return { vectors: vectors.subarray(0, count * dimensions), count, dimensions };
}

function previousOf({ notes: before, partition }: Night, notes: number): PreviousPartition {
  const topic = new Int32Array(notes).fill(-1);
  topic.set(partition.topic);
  const { changedNotes, quality } = partition.regrouping;
  return { topic, regrouping: { quality, changedNotes: changedNotes + notes - before } };
}

/** How many notes are in another cluster, clusters matched as every night matches them. */
export function movedBetween(before: ArrayLike<number>, after: ArrayLike<number>): number {
  let ids = 0;
  const previous = Array.from(before, (topic) => `before-${topic}`);
  const current = [...Map.groupBy(Array.from(after).keys(), (note) => after[note]!)];
  const idOfGroup = matchClusters({
    previous: clustersOf(previous),
    current: current.map(([, notes]) => ({ members: notes.map(String) })),
    newId: () => `after-${ids++}`,
  });
  return current.reduce(
    (moved, [, notes], group) => moved + notes.filter((note) => previous[note] !== idOfGroup[group]).length,
    0,
  );
}
