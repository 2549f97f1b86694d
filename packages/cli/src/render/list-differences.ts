import type { Share, StackDifference, WeekDifference } from "@noctuary/core/comparison/explain-lists";
import { count } from "./words.ts";

const TOPICS_SHOWN = 4;

/** "only theirs: Newest (5 notes): 2 of them are in ours `Rye again` ...". */
export function sayStack(difference: StackDifference): string {
  const { side, name, id, notes, why, nearest, topics, outside, reason } = difference;
  const what = `only ${side}: ${name === "" ? id : name} (${count(notes, "note")})`;
  const lie = saidPlaces(topics, notes);
  const because = reason === "" ? "" : ` It says: ${reason}`;
  const other = nearest === null ? "" : `"${nearest.name === "" ? nearest.id : nearest.name}"`;
  switch (why) {
    case "overlaps":
      return `${what} shares ${nearest!.shared} of its notes with ${side === "theirs" ? "our" : "their"} ${other} (${count(nearest!.notes, "note")}).${because}`;
    case "same-topic":
      return `${what} ${lie}, of which ${side === "theirs" ? "ours" : "theirs"} has other notes, ${other}.${because}`;
    case "gone":
      return `${what}: ours had ${nearest!.shared} of its notes in ${other}, which ${GONE[nearest!.gone ?? ""] ?? `is gone (${nearest!.gone})`}.`;
    case "not-grouped":
      return `${what}: ${outside} of its notes are in no topic here.`;
    case "no-counterpart":
      return `${what} ${lie}; ${side === "theirs" ? "ours" : "theirs"} has none about it.${because}`;
  }
}

const GONE: Record<string, string> = { dismissed: "the user dismissed" };

/** "2026-11-07: both speak of Bread; only theirs of Knee (4 notes); only ours of Kitchen (2)". */
export function sayWeek(difference: WeekDifference): string {
  const { week, theirs, ours, shared, bothTopics, onlyTheirTopics, onlyOurTopics, outside } = difference;
  const parts: string[] = [];
  if (ours === null) parts.push(`only theirs has told it, from ${count(theirs!, "note")}`);
  else if (theirs === null) parts.push(`only ours has told it, from ${count(ours, "note")}`);
  else
    parts.push(
      `theirs is told from ${count(theirs, "note")}, ours from ${count(ours, "note")}, ${shared} of them the same`,
    );
  if (bothTopics.length > 0) parts.push(`both speak of ${listed(bothTopics)}`);
  if (onlyTheirTopics.length > 0) parts.push(`only theirs of ${listed(onlyTheirTopics)}`);
  if (onlyOurTopics.length > 0) parts.push(`only ours of ${listed(onlyOurTopics)}`);
  if (outside > 0) parts.push(`${outside} of theirs are in no topic here`);
  return `week to ${week}: ${parts.join("; ")}`;
}

function saidPlaces(topics: readonly Share[], notes: number): string {
  const [first] = topics;
  if (first === undefined) return "lies in no topic here";
  return first.notes === notes
    ? `is about ${first.name}`
    : `is about ${first.name} (${first.notes} of its notes)`;
}

function listed(topics: readonly Share[]): string {
  const shown = topics.slice(0, TOPICS_SHOWN).map(({ name, notes }) => `${name} (${notes})`);
  const more = topics.length - TOPICS_SHOWN;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
