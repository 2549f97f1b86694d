import type { OverviewChange } from "../overview.ts";
import { count } from "./words.ts";

/** What happened to a cluster, as one would say it. */
export function sentenceFor(change: Omit<OverviewChange, "clusterId">): string {
  const { kind, name, otherName, cause, notesBefore, notesAfter } = change;
  const other = otherName === null || otherName === "" ? "another topic" : otherName;
  const it = name === "" ? "A topic" : name;
  const byYou = cause === "edit" ? ", as you decided" : "";
  switch (kind) {
    case "born":
      return `${it} is new: ${count(notesAfter, "note")}`;
    case "split":
      return `${it} split off from ${other}${byYou}: ${count(notesAfter, "note")}`;
    case "merged":
      return `${it} went into ${other}${byYou}`;
    case "retired":
      return `${it} is no more${byYou}`;
    case "grown":
      return `${it} grew from ${notesBefore} to ${notesAfter} notes`;
    case "shrunk":
      return `${it} shrank from ${notesBefore} to ${notesAfter} notes`;
    case "renamed":
      return cause === "edit" ? `you named it ${it}` : `${it} has its name from tonight`;
    case "returned":
      return `${it} is back${cause === "edit" ? ", since you took an edit back" : ""}: ${count(notesAfter, "note")}`;
    case "moved":
      return `a note came from ${other}`;
    case "edit":
      return sentenceForEdit(it, other, cause, notesBefore, notesAfter);
  }
}

/** Why an edit could not be kept as it was given. */
function sentenceForEdit(
  it: string,
  other: string,
  outcome: OverviewChange["cause"],
  named: number,
  kept: number,
): string {
  const of = named > 1 ? ` (kept for ${kept} of ${named} notes)` : "";
  switch (outcome) {
    case "followed":
      return `what you decided about ${it} now holds for ${other}`;
    case "overruled":
      return `a newer edit of yours overrules an older one about ${it}${of}`;
    case "cluster-gone":
      return `an edit waits: ${it} is no more`;
    case "note-gone":
      return `an edit about ${it} names a note that was deleted${of}`;
    case "note-left-out":
      return `an edit about ${it} names a note that is left out${of}`;
    case "nowhere-else":
      return `an edit about ${it} could not be kept: there is no other topic for its notes`;
    default:
      return `an edit about ${it} is kept${of}`;
  }
}
