import type { KnownCluster } from "./known-cluster.ts";
import { compareText } from "./order.ts";
import { clusterOfNote, type Overlap, overlapsOf } from "./overlaps.ts";

/**
 * What became of a cluster.
 *
 * - `born`: a cluster without a predecessor.
 * - `split`: a cluster without a predecessor, most of whose older notes come from `otherClusterId`, which goes on;
 *   `share` is their part of its older notes.
 * - `returned`: a cluster that was retired and is there again; `share` is the part of its notes of then that it has.
 * - `merged`: a cluster that goes on in none, most of whose remaining notes are now in `otherClusterId`; `share` is
 *   their part of its remaining notes.
 * - `retired`: a cluster that goes on in none, and whose notes went several ways or are gone.
 * - `grown`, `shrunk`: a cluster that goes on with materially more or fewer notes; `share` is the difference as a
 *   part of the notes before.
 *
 * `notesBefore` and `notesAfter` count the cluster's own notes, 0 where it did not or does not exist.
 */
export interface ClusterEvent {
  kind: "born" | "grown" | "shrunk" | "merged" | "split" | "retired" | "returned";
  clusterId: string;
  otherClusterId?: string;
  share?: number;
  notesBefore: number;
  notesAfter: number;
}

export interface ClusterChanges {
  /** By cluster id, then kind. */
  events: ClusterEvent[];
  /** Notes of both nights that are in another cluster than before, by note id; from a merged cluster too. */
  moved: { noteId: string; from: string; to: string }[];
}

/** "Most" of the notes, for split and merged. */
const majority = 0.5;
/** A change of size is material from 3 notes and a tenth of the cluster on. */
const materialNotes = 3;
const materialShare = 0.1;

/**
 * What happened to each cluster between two nights, from who is in which.
 *
 * Guarantees: every previous cluster goes on or is ended by exactly one `merged` or `retired`; every cluster that was
 * not there before has exactly one of `born`, `split` and `returned`; the order of clusters and members changes nothing.
 */
export function clusterChanges(input: {
  previous: KnownCluster[];
  current: KnownCluster[];
  /** As they were when they were retired. */
  retired?: KnownCluster[];
}): ClusterChanges {
  const { previous, current, retired = [] } = input;
  const pairs = overlapsOf(previous, current);
  const isThere = new Map(current.map((cluster) => [cluster.id, cluster]));
  const wasThere = new Set(previous.map(({ id }) => id));
  const byPrevious = Map.groupBy(pairs, (pair) => pair.previous);
  const byCurrent = Map.groupBy(pairs, (pair) => pair.current);
  const events: ClusterEvent[] = [];
  previous.forEach(({ id, members }, index) => {
    const now = isThere.get(id);
    if (now === undefined) {
      events.push(
        endOf(id, members.length, byPrevious.get(index) ?? [], (pair) => current[pair.current]!.id),
      );
      return;
    }
    const change = changeOf(id, members.length, now.members.length);
    if (change !== undefined) events.push(change);
  });
  current.forEach((cluster, index) => {
    if (wasThere.has(cluster.id)) return;
    const before = retired.find(({ id }) => id === cluster.id);
    events.push(
      before !== undefined
        ? returnOf(cluster, before)
        : beginningOf(cluster, byCurrent.get(index) ?? [], (pair) => {
            const { id } = previous[pair.previous]!;
            return isThere.has(id) ? id : undefined;
          }),
    );
  });
  events.sort((a, b) => compareText(a.clusterId, b.clusterId) || compareText(a.kind, b.kind));
  return { events, moved: movesBetween(previous, current) };
}

function movesBetween(previous: KnownCluster[], current: KnownCluster[]): ClusterChanges["moved"] {
  const after = clusterOfNote(current);
  const moved: ClusterChanges["moved"] = [];
  for (const { id: from, members } of previous) {
    for (const noteId of members) {
      const to = after.get(noteId);
      if (to !== undefined && current[to]!.id !== from) moved.push({ noteId, from, to: current[to]!.id });
    }
  }
  return moved.sort((a, b) => compareText(a.noteId, b.noteId));
}

function changeOf(clusterId: string, notesBefore: number, notesAfter: number): ClusterEvent | undefined {
  const change = Math.abs(notesAfter - notesBefore);
  if (change < materialNotes || change < materialShare * notesBefore) return undefined;
  const kind = notesAfter > notesBefore ? "grown" : "shrunk";
  return { kind, clusterId, share: change / notesBefore, notesBefore, notesAfter };
}

/** How a cluster that goes on in none ended, from the pairs it is part of. */
function endOf(
  clusterId: string,
  notesBefore: number,
  pairs: Overlap[],
  idOf: (pair: Overlap) => string,
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
  { id: clusterId, members }: KnownCluster,
  pairs: Overlap[],
  idOf: (pair: Overlap) => string | undefined,
): ClusterEvent {
  const notesAfter = members.length;
  const most = largest(pairs, (pair) => idOf(pair) ?? "");
  const from = most !== undefined && most.share > majority ? idOf(most.pair) : undefined;
  return from === undefined
    ? { kind: "born", clusterId, notesBefore: 0, notesAfter }
    : { kind: "split", clusterId, otherClusterId: from, share: most!.share, notesBefore: 0, notesAfter };
}

function returnOf({ id, members }: KnownCluster, then: KnownCluster): ClusterEvent {
  const present = new Set(members);
  const common = then.members.filter((note) => present.has(note)).length;
  return {
    kind: "returned",
    clusterId: id,
    share: common / then.members.length,
    notesBefore: 0,
    notesAfter: members.length,
  };
}

function largest(
  pairs: Overlap[],
  idOf: (pair: Overlap) => string,
): { pair: Overlap; share: number } | undefined {
  const [first] = [...pairs].sort((a, b) => b.common - a.common || compareText(idOf(a), idOf(b)));
  if (first === undefined) return undefined;
  return { pair: first, share: first.common / pairs.reduce((sum, { common }) => sum + common, 0) };
}
