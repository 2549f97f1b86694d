/** A cluster of one night and one of another, with notes in common. */
export interface Overlap {
  previous: number;
  current: number;
  common: number;
  /** Over the notes that both nights have: new and deleted notes say nothing about identity. */
  jaccard: number;
}

/** The cluster of each note, by index. */
export function clusterOfNote(clusters: readonly { members: string[] }[]): Map<string, number> {
  const cluster = new Map<string, number>();
  clusters.forEach(({ members }, index) => {
    for (const note of members) cluster.set(note, index);
  });
  return cluster;
}

/** Every pair of clusters with a note in common. A note is in one cluster of each night at most. */
export function overlapsOf(
  previous: readonly { members: string[] }[],
  current: readonly { members: string[] }[],
): Overlap[] {
  const after = clusterOfNote(current);
  const staying = new Array<number>(previous.length).fill(0);
  const known = new Array<number>(current.length).fill(0);
  const common = new Map<number, number>();
  for (const [note, from] of clusterOfNote(previous)) {
    const to = after.get(note);
    if (to === undefined) continue;
    staying[from]!++;
    known[to]!++;
    const key = from * current.length + to;
    common.set(key, (common.get(key) ?? 0) + 1);
  }
  return [...common].map(([key, count]) => {
    const from = Math.floor(key / current.length);
    const to = key % current.length;
    return {
      previous: from,
      current: to,
      common: count,
      jaccard: count / (staying[from]! + known[to]! - count),
    };
  });
}
