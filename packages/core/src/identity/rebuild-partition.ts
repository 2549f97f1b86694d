import { centroidsOf, similarityTo } from "../clustering/centroids.ts";
import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";

/**
 * The partition in which each row is in the cluster that `home` names. Topics keep their order; new ones follow in the
 * order of their first rows. A topic is in the area that most of its notes were in, and areas without topics go.
 *
 * What the user placed has a confidence of 1; what is `uprooted`, because its own cluster may not be, one of 0, and is
 * loosely related.
 */
export function rebuildPartition(
  input: { partition: Partition; ids: readonly string[]; rows: PackedRows },
  home: readonly string[],
  { placedByUser, uprooted }: { placedByUser: ReadonlySet<number>; uprooted: ReadonlySet<number> },
): { partition: Partition; ids: string[] } {
  const { partition, rows } = input;
  const present = new Set(home);
  const ids = [...new Set([...input.ids.filter((id) => present.has(id)), ...home])];
  const topicOf = new Map(ids.map((id, topic) => [id, topic]));
  const topic = Int32Array.from(home, (id) => topicOf.get(id)!);
  const { area, areas } = areasOf(partition, topic, ids.length);
  const heir = heirs(partition, topic);

  const confidence = partition.confidence.slice();
  const loose = partition.loose.slice();
  const rival = partition.rival.slice();
  for (let row = 0; row < home.length; row++) {
    const before = partition.topic[row]!;
    const other = heir[before] === topic[row] ? partition.rival[row]! : before;
    const otherNow = other < 0 ? -1 : heir[other]!;
    rival[row] = otherNow === topic[row] ? -1 : otherNow;
    if (placedByUser.has(row)) {
      confidence[row] = 1;
      loose[row] = 0;
    } else if (uprooted.has(row)) {
      confidence[row] = 0;
      loose[row] = 1;
    }
  }

  const labels = { label: topic, count: ids.length };
  const everyNoteOnce = new Uint8Array(home.length).fill(1);
  const centroid = centroidsOf(rows, labels, everyNoteOnce, Int32Array.from(home.keys()));
  const closeness = new Float32Array(home.length);
  const cohesion = new Float64Array(ids.length);
  const members = new Int32Array(ids.length);
  for (let row = 0; row < home.length; row++) {
    closeness[row] = similarityTo(centroid, topic[row]!, rows, row);
    members[topic[row]!]!++;
    cohesion[topic[row]!]! += closeness[row]!;
  }
  return {
    ids,
    partition: {
      ...partition,
      topic,
      topics: ids.length,
      area,
      areas,
      confidence,
      rival,
      loose,
      closeness,
      centroid,
      cohesion: Float32Array.from(cohesion, (sum, t) => sum / members[t]!),
    },
  };
}

/** Where most notes of each former topic are now; -1 for a topic without notes. */
function heirs(partition: Partition, topic: Int32Array): Int32Array {
  return Int32Array.from(mostCommon(partition.topic, topic, partition.topics));
}

function areasOf(
  partition: Partition,
  topic: Int32Array,
  topics: number,
): { area: Int32Array; areas: number } {
  const areaOfRow = partition.topic.map((former) => partition.area[former]!);
  const former = mostCommon(topic, areaOfRow, topics);
  const compact = new Map([...new Set(former)].sort((a, b) => a - b).map((area, index) => [area, index]));
  return { area: Int32Array.from(former, (area) => compact.get(area)!), areas: compact.size };
}

/** For each group the value that most of its rows have, the smallest of equally common ones; -1 without rows. */
function mostCommon(group: Int32Array, value: Int32Array, groups: number): number[] {
  const counts = Array.from({ length: groups }, () => new Map<number, number>());
  group.forEach((of, row) => {
    counts[of]!.set(value[row]!, (counts[of]!.get(value[row]!) ?? 0) + 1);
  });
  return counts.map(
    (of) =>
      [...of].reduce((best, [v, n]) => (n > best.n || (n === best.n && v < best.v) ? { v, n } : best), {
        v: -1,
        n: 0,
      }).v,
  );
}
