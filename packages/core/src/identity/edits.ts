import type { ClusterEditKind, EditOutcome } from "@noctuary/db/clusters/clusters.sql";

/** A decision of the user, as a night reads it. Where several are given they stand in the order of their making. */
export interface Edit {
  id: string;
  kind: ClusterEditKind;
  clusterId: string;
  otherId: string | null;
  noteIds: string[];
  name: string | null;
  /** What the night before said of it; null for a new one. */
  outcome: EditOutcome | null;
  notesKept: number | null;
}

/** What became of an edit tonight. */
export interface EditReport {
  edit: Edit;
  outcome: EditOutcome;
  /** The cluster that it holds for now: another one than it names where that was followed. */
  clusterId: string;
  /** How many notes it names, and how many of them it is kept for. */
  notes: number;
  notesKept: number;
}

/** The cluster that a split makes has the id of its edit: an app knows it before the night does. */
export function madeBy(edit: Edit): string | undefined {
  return edit.kind === "split" ? edit.id : undefined;
}
