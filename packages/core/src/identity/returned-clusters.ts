import type { KnownCluster } from "./known-cluster.ts";
import { compareText } from "./order.ts";
import { clusterOfNote } from "./overlaps.ts";

/** So long a retired cluster's notes are kept for it to be known again. */
export const SEASON_DAYS = 90;
/** Of a retired cluster's notes that are still there, more than half must be together again. */
const mostOfIt = 0.5;
/** And they must be a third of the cluster at least: else it is another one that took them in. */
const partOfCluster = 1 / 3;

/**
 * Which of tonight's clusters are ones that were retired: most of its notes that are still there are together again,
 * and they are a good part of the cluster. Each retired cluster comes back once at most, the most complete first.
 *
 * A note may be among the last members of several retired clusters: they ended in different nights.
 *
 * @param input.unknown indexes of those current clusters that go on from none of last night's
 * @returns ids by index of the current cluster
 */
export function returnedClusters(input: {
  current: readonly { members: string[] }[];
  unknown: readonly number[];
  retired: readonly KnownCluster[];
}): Map<number, string> {
  const { current, unknown, retired } = input;
  const candidates = new Set(unknown);
  const clusterOf = clusterOfNote(current);
  const pairs = retired.flatMap(({ id, members }) => {
    const there = members.filter((note) => clusterOf.has(note));
    return [...Map.groupBy(there, (note) => clusterOf.get(note)!)]
      .filter(([index]) => candidates.has(index))
      .map(([index, common]) => ({
        id,
        index,
        ofIt: common.length / there.length,
        ofCluster: common.length / current[index]!.members.length,
      }));
  });
  pairs.sort(
    (a, b) => b.ofIt - a.ofIt || b.ofCluster - a.ofCluster || compareText(a.id, b.id) || a.index - b.index,
  );
  const returned = new Map<number, string>();
  const taken = new Set<string>();
  for (const { id, index, ofIt, ofCluster } of pairs) {
    if (ofIt <= mostOfIt || ofCluster < partOfCluster || taken.has(id) || returned.has(index)) continue;
    taken.add(id);
    returned.set(index, id);
  }
  return returned;
}
