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
    const matched = matchClusters({
      previous: [...Map.groupBy(last?.idOfNote.keys() ?? [], (note) => last!.idOfNote[note]!)].map(
        ([id, own]) => ({ id, name: "", members: own.map(String) }),
      ),
      current: members.map((own) => ({ members: own })),
      newId: () => `topic-${ids++}`,
    });
    nights.push({
      notes,
      partition,
      idOfNote: Array.from(partition.topic, (topic) => matched.ids[topic]!),
      moved: matched.moved.length,
    });
  }
  return nights;
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
  const members = (label: ArrayLike<number>) =>
    [...Map.groupBy(Array.from(label).keys(), (note) => label[note]!)].map(([topic, own]) => ({
      id: `before-${topic}`,
      name: "",
      members: own.map(String),
    }));
  const matched = matchClusters({
    previous: members(before),
    current: members(after),
    newId: () => `after-${ids++}`,
  });
  return matched.moved.length;
}
