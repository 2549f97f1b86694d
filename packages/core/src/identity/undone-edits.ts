/** A cluster that is no more, as far as it is remembered. */
export interface RetiredCluster {
  id: string;
  level: "topic" | "area";
  mergedInto: string | null;
  /** The edit that ended it. */
  retiredBy: string | null;
  lastMembers: string[];
}

export interface Recalled {
  /** Each note's topic to begin from tonight. A note that an edit had placed, and which none does now, has none. */
  topicOf: Map<string, string>;
  /** Clusters that an edit ended which was taken back: they are looked for again. */
  clusters: RetiredCluster[];
}

/**
 * What the night before would have left, had those edits not been made that were taken back since. A deleted row leaves
 * no trace of its own; what it did is known by its marks: notes that the user placed, and clusters that it ended.
 */
export function recallUndone(input: {
  memberships: readonly { noteId: string; clusterId: string; placedBy: "noctuary" | "user" }[];
  retired: readonly RetiredCluster[];
  edits: readonly { id: string; kind: string; noteIds: readonly string[] }[];
}): Recalled {
  const { memberships, retired, edits } = input;
  const editIds = new Set(edits.map((edit) => edit.id));
  const placing = edits.filter(({ kind }) => kind === "move" || kind === "split" || kind === "not-here");
  const placed = new Set(placing.flatMap((edit) => edit.noteIds));
  const topicOf = new Map<string, string>();
  for (const { noteId, clusterId, placedBy } of memberships) {
    if (placedBy === "noctuary" || placed.has(noteId)) topicOf.set(noteId, clusterId);
  }
  const clusters = retired.filter(
    ({ level, retiredBy }) => level === "topic" && retiredBy !== null && !editIds.has(retiredBy),
  );
  const isThere = new Set(memberships.map(({ noteId }) => noteId));
  for (const { id, lastMembers } of clusters) {
    for (const note of lastMembers) if (isThere.has(note) && !placed.has(note)) topicOf.set(note, id);
  }
  return { topicOf, clusters };
}
