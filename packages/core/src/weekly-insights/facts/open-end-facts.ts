import type { WeekNote } from "@noctuary/db/insights/week-account";
import type { Fact } from "../fact.ts";
import { type OpenEnd, openEndKey, type WeekAccount } from "../week-account.ts";
import { quotable } from "./quotable.ts";

const MAX_QUOTED = 3;

/** What stayed open in the week's notes, and what was closed. */
export function openEndFacts(account: WeekAccount): Fact[] {
  const notes = new Map(account.notes.map((note) => [note.id, note]));
  const known = account.openEnds.filter((end) => notes.has(end.noteId)).toSorted(byRecency(notes));
  const toDos = known.filter((end) => end.kind === "to-do");
  const open = toDos.filter((end) => !end.isDone);
  const questions = known.filter((end) => end.kind === "question");
  const closed = toDos.filter((end) => end.isDone && wasClosed(end, account, notes));
  return [
    ...listed("open", open, "to-dos", "open"),
    ...listed("closed", closed, "to-dos", "closed"),
    ...listed("asked", questions, "questions", "open"),
  ];

  function listed(
    id: string,
    ends: OpenEnd[],
    unit: "to-dos" | "questions",
    says: "open" | "closed",
  ): Fact[] {
    if (ends.length === 0) return [];
    const noteIds = [...new Set(ends.map((end) => end.noteId))];
    // All count; one is quoted beside what its note is called, which may be nothing.
    const quoted = ends.filter((end) => notes.get(end.noteId)!.title !== "");
    return [
      { id, value: ends.length, unit, says: [says], noteIds },
      ...spread(quoted).map(
        (end, i): Fact => ({
          id: `${id}-${i + 1}`,
          value: quotable(end.text),
          unit: "text",
          label: quotable(notes.get(end.noteId)!.title),
          says: [says],
          noteIds: [end.noteId],
        }),
      ),
    ];
  }
}

/**
 * Whether a ticked to-do was ticked in this week: it stands in a note of this week, or it was open when the week before
 * was told. Of others nobody knows since when they are done.
 */
function wasClosed(end: OpenEnd, { week, openBefore }: WeekAccount, notes: Map<string, WeekNote>): boolean {
  return notes.get(end.noteId)!.writtenOn >= week.firstDay || openBefore?.has(openEndKey(end)) === true;
}

/** Some of them, of as many notes as there are. */
function spread(ends: OpenEnd[]): OpenEnd[] {
  const byNote = [...Map.groupBy(ends, (end) => end.noteId).values()];
  const firsts = byNote.map((own) => own[0]!);
  return [...firsts, ...byNote.flatMap((own) => own.slice(1))].slice(0, MAX_QUOTED);
}

/** Those of the note that was changed last come first, in the order in which they stand there. */
function byRecency(notes: Map<string, WeekNote>): (a: OpenEnd, b: OpenEnd) => number {
  return (a, b) => {
    if (a.noteId === b.noteId) return 0;
    const [one, other] = [notes.get(a.noteId)!, notes.get(b.noteId)!];
    if (one.changedOn !== other.changedOn) return one.changedOn > other.changedOn ? -1 : 1;
    return a.noteId < b.noteId ? -1 : 1;
  };
}
