import type { EditOutcome } from "@noctuary/db/clusters/clusters.sql";
import type { Edit, EditReport } from "./edits.ts";
import type { StandingEdits } from "./weigh-edits.ts";

/** Why a note that an edit names is in no cluster tonight. */
export type MissingNote = "note-gone" | "note-left-out";

/** What became of each edit. Where several things hold, the one that the user can do most about. */
export function reportEdits(
  edits: readonly Edit[],
  standing: StandingEdits,
  tonight: {
    hasNote: (noteId: string) => boolean;
    hasCluster: (clusterId: string) => boolean;
    missing: (noteId: string) => MissingNote;
    nowhereElse: ReadonlySet<string>;
  },
): EditReport[] {
  return edits.map((edit) => {
    const isAboutNotes = edit.kind === "move" || edit.kind === "split" || edit.kind === "not-here";
    const named = isAboutNotes ? edit.noteIds : [];
    const present = named.filter(tonight.hasNote);
    const overruled = standing.overruled.get(edit) ?? 0;
    const clusterId = standing.holdsFor.get(edit);
    const report = (outcome: EditOutcome, isKept = true): EditReport => ({
      edit,
      outcome,
      clusterId: clusterId ?? edit.clusterId,
      notes: named.length,
      notesKept: isKept ? Math.max(0, present.length - overruled) : 0,
    });
    if (overruled > 0) return report("overruled");
    if (edit.kind === "forget") {
      return tonight.nowhereElse.has(edit.clusterId) ? report("nowhere-else", false) : report("kept");
    }
    if (present.length < named.length) {
      const missing = named.filter((note) => !tonight.hasNote(note)).map(tonight.missing);
      return report(missing.includes("note-gone") ? "note-gone" : "note-left-out", clusterId !== undefined);
    }
    if (clusterId === undefined || (edit.kind !== "not-here" && !tonight.hasCluster(clusterId))) {
      return report("cluster-gone", false);
    }
    const wants = edit.kind === "merge" ? edit.otherId : edit.kind === "split" ? clusterId : edit.clusterId;
    return report(clusterId === wants ? "kept" : "followed");
  });
}

/** Those that are worth an event: whatever is not as it was said the night before. An edit that is kept is none. */
export function newsOf(reports: readonly EditReport[]): EditReport[] {
  return reports.filter(({ edit, outcome, notesKept }) => {
    if (outcome === edit.outcome && notesKept === edit.notesKept) return false;
    return outcome !== "kept" || (edit.outcome !== null && edit.outcome !== "kept");
  });
}
