import { type Edit, madeBy } from "./edits.ts";

/** What the user's edits come to, each contradiction decided: the newest wins. Cluster ids are those that live. */
export interface StandingEdits {
  names: Map<string, { name: string; edit: Edit }>;
  pinned: Map<string, Edit>;
  /** Clusters that go into others. */
  into: Map<string, { target: string; edit: Edit }>;
  forgotten: Map<string, Edit>;
  /** Where a note belongs: by a move or a split. */
  placed: Map<string, { clusterId: string; edit: Edit }>;
  /** Clusters that a note is never in. */
  keptOut: Map<string, Map<string, Edit>>;
  /** How many notes each edit was overruled for; of an edit that is about no notes, 1. */
  overruled: Map<Edit, number>;
  /** Where each edit holds; an edit that is not in here names a cluster that is gone. */
  holdsFor: Map<Edit, string>;
}

/**
 * Decides which of contradictory edits hold.
 *
 * Contradictory are: two names of one cluster; two places for one note; a note that belongs into a cluster and is never
 * to be in it; two merges of one cluster, a circle of merges, a merge of a cluster that was pinned; the forgetting of
 * a cluster, and anything that wants it to be there.
 *
 * @param edits the oldest first
 * @param isLiving whether a cluster is there tonight, before the edits
 * @param successorOf the cluster that one went into when it was retired
 */
export function weighEdits(
  edits: readonly Edit[],
  isLiving: (id: string) => boolean,
  successorOf: (id: string) => string | undefined,
): StandingEdits {
  const newestFirst = edits.toReversed();
  const standing: StandingEdits = {
    names: new Map(),
    pinned: new Map(),
    into: new Map(),
    forgotten: new Map(),
    placed: new Map(),
    keptOut: new Map(),
    overruled: new Map(),
    holdsFor: new Map(),
  };
  weighClusters(newestFirst, standing);
  const made = new Set(edits.flatMap((edit) => madeBy(edit) ?? []));
  const follow = (id: string): string | undefined => {
    const seen = new Set<string>();
    let at: string | undefined = id;
    while (at !== undefined && !seen.has(at)) {
      seen.add(at);
      const next: string | undefined = standing.into.get(at)?.target;
      if (next === undefined && (isLiving(at) || standing.pinned.has(at) || made.has(at))) return at;
      at = next ?? successorOf(at);
    }
    return undefined;
  };
  for (const edit of newestFirst) weighOne(edit, standing, follow);
  return standing;
}

/** Pins, merges and forgets: what they say of each other, and of edits that want a cluster to be there. */
function weighClusters(newestFirst: readonly Edit[], standing: StandingEdits): void {
  const { pinned, into, forgotten, overruled } = standing;
  const wanted = new Set<string>();
  for (const edit of newestFirst) {
    const { kind, clusterId } = edit;
    if (kind === "rename" || kind === "move") {
      wanted.add(clusterId);
    } else if (kind === "pin") {
      if (into.has(clusterId) || forgotten.has(clusterId)) overruled.set(edit, 1);
      else if (!pinned.has(clusterId)) {
        pinned.set(clusterId, edit);
        wanted.add(clusterId);
      }
    } else if (kind === "merge") {
      const target = edit.otherId!;
      const isCircle = rootOf(into, target) === clusterId;
      if (into.get(clusterId)?.target === target) continue; // said twice
      if (into.has(clusterId) || pinned.has(clusterId) || isCircle) overruled.set(edit, 1);
      else {
        into.set(clusterId, { target, edit });
        wanted.add(target);
      }
    } else if (kind === "forget") {
      if (wanted.has(clusterId)) overruled.set(edit, 1);
      else forgotten.set(clusterId, edit);
    }
  }
}

function weighOne(edit: Edit, standing: StandingEdits, follow: (id: string) => string | undefined): void {
  const { names, pinned, into, forgotten, placed, keptOut, overruled, holdsFor } = standing;
  const { kind, noteIds } = edit;
  const named = madeBy(edit) ?? (kind === "merge" ? edit.otherId! : edit.clusterId);
  if (kind === "forget") {
    holdsFor.set(edit, named);
    return;
  }
  if (forgotten.has(named) && kind !== "merge") {
    // That a note is not in it is kept all the more.
    if (kind !== "not-here") overruled.set(edit, Math.max(1, noteIds.length));
    holdsFor.set(edit, named);
    return;
  }
  const clusterId = follow(named);
  if (clusterId === undefined) {
    if (kind === "pin") pinned.delete(edit.clusterId);
    if (kind === "merge") into.delete(edit.clusterId);
    return;
  }
  holdsFor.set(edit, clusterId);
  if (kind === "merge" && into.get(edit.clusterId)?.edit === edit) {
    into.set(edit.clusterId, { target: clusterId, edit });
  } else if (kind === "rename") {
    if (names.has(clusterId)) overruled.set(edit, 1);
    else names.set(clusterId, { name: edit.name!.trim(), edit });
  } else if (kind === "pin" && pinned.get(edit.clusterId) === edit && clusterId !== edit.clusterId) {
    pinned.delete(edit.clusterId);
    if (!pinned.has(clusterId)) pinned.set(clusterId, edit);
  } else if (kind === "not-here") {
    for (const noteId of noteIds) {
      if (placed.get(noteId)?.clusterId === clusterId) count(overruled, edit);
      else keptOut.set(noteId, (keptOut.get(noteId) ?? new Map()).set(clusterId, edit));
    }
  } else if (kind === "move" || kind === "split") {
    for (const noteId of noteIds) {
      const isContradicted = placed.has(noteId) || keptOut.get(noteId)?.has(clusterId) === true;
      if (isContradicted) count(overruled, edit);
      else placed.set(noteId, { clusterId, edit });
    }
  }
}

function rootOf(into: StandingEdits["into"], id: string): string {
  let root = id;
  for (let next = into.get(root); next !== undefined; next = into.get(root)) root = next.target;
  return root;
}

function count(overruled: Map<Edit, number>, edit: Edit): void {
  overruled.set(edit, (overruled.get(edit) ?? 0) + 1);
}
