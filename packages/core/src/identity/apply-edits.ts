import { similarityTo } from "../clustering/centroids.ts";
import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";
import type { Edit } from "./edits.ts";
import { rebuildPartition } from "./rebuild-partition.ts";
import type { StandingEdits } from "./weigh-edits.ts";

export interface PartitionToEdit {
  noteIds: readonly string[];
  /** The vectors of the notes, row by row. */
  rows: PackedRows;
  partition: Partition;
  /** The permanent id of each topic, as identity alone would have it. */
  ids: readonly string[];
  /** The topic that a note was in the night before; undefined for one that had none. */
  lastTopicOf: (noteId: string) => string | undefined;
  /** Notes that the user had put where they were. */
  placedByUser: ReadonlySet<string>;
  /** Notes that are new or rewritten. */
  fresh: ReadonlySet<string>;
  /** Clusters that grouping has left most notes of in no one cluster: those that the user named are kept together. */
  scattered: ReadonlySet<string>;
  /** The notes that a merge or a forgetting was about when it was made. */
  aboutOf: (edit: Edit) => ReadonlySet<string>;
}

export interface EditedPartition {
  partition: Partition;
  ids: string[];
  /** Rows that the user put where they are. */
  placedByUser: Set<number>;
  /** The edit because of which a row is not where the partition had it. */
  editOfRow: Map<number, Edit>;
  /** Clusters that could not be forgotten, because there is no other that their notes could go to. */
  nowhereElse: Set<string>;
}

/**
 * Makes a partition keep what the user decided: a pure function between grouping and identity.
 *
 * In this order: what is pinned or split off takes in no note that was elsewhere, and what is pinned loses none; what
 * the user named and grouping has scattered keeps its notes, but for those that were rewritten; merged clusters become
 * one, and a part of them that comes apart again is put back; notes are put where they belong; notes
 * whose cluster is forgotten, or which are never to be in it, go where they were the night before, else to their
 * rival, else to the nearest cluster, else they are a cluster of their own.
 *
 * @param newId makes the id of a cluster of one note for which there is no other place
 */
export function applyEdits(
  input: PartitionToEdit,
  standing: StandingEdits,
  newId: () => string,
): EditedPartition {
  const { noteIds, partition, ids } = input;
  const state: State = {
    ...input,
    standing,
    home: noteIds.map((_, row) => ids[partition.topic[row]!]!),
    editOfRow: new Map(),
    placedByUser: new Set(),
    uprooted: new Set(),
  };
  guardClusters(state, input);
  mergeClusters(state, input);
  noteIds.forEach((note, row) => {
    const place = standing.placed.get(note);
    if (place === undefined) return;
    assign(state, row, rootOf(standing, place.clusterId), place.edit);
    state.placedByUser.add(row);
  });
  const nowhereElse = relocate(state, input, newId);
  const edited = rebuildPartition(input, state.home, state);
  return { ...edited, placedByUser: state.placedByUser, editOfRow: state.editOfRow, nowhereElse };
}

interface State {
  standing: StandingEdits;
  /** The cluster of each row. */
  home: string[];
  editOfRow: Map<number, Edit>;
  placedByUser: Set<number>;
  /** Rows whose cluster was forgotten. */
  uprooted: Set<number>;
}

function assign({ home, editOfRow }: State, row: number, clusterId: string, edit: Edit): void {
  if (home[row] === clusterId) return;
  home[row] = clusterId;
  editOfRow.set(row, edit);
}

function rootOf({ into }: StandingEdits, id: string): string {
  const seen = new Set<string>();
  let root = id;
  for (let next = into.get(root); next !== undefined && !seen.has(root); next = into.get(root)) {
    seen.add(root);
    root = next.target;
  }
  return root;
}

/** Clusters that no note comes to which was elsewhere the night before, unless the user put it there. */
function guardedBy({ pinned, placed }: StandingEdits): Map<string, Edit> {
  const guarded = new Map(pinned);
  for (const { clusterId, edit } of placed.values()) if (edit.kind === "split") guarded.set(clusterId, edit);
  return guarded;
}

function guardClusters(state: State, { noteIds, fresh, lastTopicOf, scattered }: PartitionToEdit): void {
  const { standing, home } = state;
  const guarded = guardedBy(standing);
  noteIds.forEach((note, row) => {
    const last = lastTopicOf(note);
    if (last === undefined || last === home[row]) return;
    const pin = standing.pinned.get(last);
    if (pin !== undefined) {
      assign(state, row, last, pin);
      return;
    }
    const name = scattered.has(last) ? standing.names.get(last) : undefined;
    if (name !== undefined && !fresh.has(note)) {
      assign(state, row, last, name.edit);
      return;
    }
    const guard = guarded.get(home[row]!);
    const mayStay = !standing.forgotten.has(last) && !fresh.has(note);
    if (guard !== undefined && mayStay) assign(state, row, last, guard);
  });
}

function mergeClusters(state: State, input: PartitionToEdit): void {
  const { standing, home } = state;
  const { noteIds, fresh, lastTopicOf } = input;
  noteIds.forEach((note, row) => {
    const last = lastTopicOf(note);
    const from = standing.into.has(home[row]!) ? home[row]! : fresh.has(note) ? undefined : last;
    const merge = from === undefined ? undefined : standing.into.get(from);
    if (merge !== undefined) assign(state, row, rootOf(standing, merge.target), merge.edit);
  });
  putPartsBack(state, input);
}

/** A new cluster, most of whose older notes come from a merged one and were in it at the merge, is a part of it. */
function putPartsBack(state: State, { noteIds, ids, lastTopicOf, aboutOf }: PartitionToEdit): void {
  const { standing, home } = state;
  const merges = [...standing.into.values()].map(({ target, edit }) => ({
    target: rootOf(standing, target),
    edit,
    about: aboutOf(edit),
  }));
  if (merges.length === 0) return;
  const targets = new Set(merges.map(({ target }) => target));
  const goingOn = new Set(noteIds.flatMap((note) => lastTopicOf(note) ?? []));
  const rowsOf = Map.groupBy(home.keys(), (row) => home[row]!);
  for (const id of ids) {
    if (goingOn.has(id)) continue;
    const rows = [...(rowsOf.get(id) ?? [])];
    const known = rows.filter((row) => lastTopicOf(noteIds[row]!) !== undefined);
    for (const { target, edit, about } of merges) {
      const fromIt = known.filter((row) => lastTopicOf(noteIds[row]!) === target && targets.has(target));
      const merged = fromIt.filter((row) => about.has(noteIds[row]!));
      if (2 * fromIt.length <= known.length || 2 * merged.length <= fromIt.length) continue;
      for (const row of rows) assign(state, row, target, edit);
      break;
    }
  }
}

/** Finds another place for notes whose cluster is forgotten or closed to them. */
function relocate(state: State, input: PartitionToEdit, newId: () => string): Set<string> {
  const { standing, home } = state;
  const { noteIds, lastTopicOf, placedByUser } = input;
  const guarded = guardedBy(standing);
  const editAgainst = (row: number, id: string): Edit | undefined =>
    standing.keptOut.get(noteIds[row]!)?.get(id) ?? standing.forgotten.get(id);
  const displaced = [...home.keys()].filter((row) => editAgainst(row, home[row]!) !== undefined);
  const isDisplaced = new Set(displaced);
  const living = new Set(home.filter((_, row) => !isDisplaced.has(row)));
  const nowhereElse = new Set<string>();
  for (const row of displaced) {
    const note = noteIds[row]!;
    const last = lastTopicOf(note);
    const edit = editAgainst(row, home[row]!)!;
    const isFree = (id: string) =>
      living.has(id) && editAgainst(row, id) === undefined && (!guarded.has(id) || last === id);
    const own = () =>
      last !== undefined && placedByUser.has(note) && editAgainst(row, last) === undefined ? last : newId();
    const place =
      (last !== undefined && isFree(last) ? last : undefined) ??
      nextNearest(row, input, (id) => isFree(rootOf(standing, id))) ??
      (edit.kind === "not-here" ? own() : undefined);
    if (place === undefined) {
      nowhereElse.add(home[row]!);
      continue;
    }
    assign(state, row, rootOf(standing, place), edit);
    (edit.kind === "not-here" ? state.placedByUser : state.uprooted).add(row);
  }
  return nowhereElse;
}

/** A row's rival, else the topic whose centre is nearest. */
function nextNearest(
  row: number,
  { partition, ids, rows }: PartitionToEdit,
  isFree: (id: string) => boolean,
): string | undefined {
  const rival = partition.rival[row]!;
  if (rival >= 0 && isFree(ids[rival]!)) return ids[rival]!;
  let nearest: { id: string; similarity: number } | undefined;
  for (const [topic, id] of ids.entries()) {
    if (!isFree(id)) continue;
    const similarity = similarityTo(partition.centroid, topic, rows, row);
    if (nearest === undefined || similarity > nearest.similarity) nearest = { id, similarity };
  }
  return nearest?.id;
}
