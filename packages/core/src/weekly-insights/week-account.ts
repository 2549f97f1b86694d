import type { EarlierNote, OldNote, ThemeBefore, WeekNote } from "@noctuary/db/insights/week-account";
import type { Week } from "./week.ts";

/** Everything that the facts of a week are computed from: living notes that may be read, nothing else. */
export interface WeekAccount {
  week: Week;
  /** Notes that were written or changed in the week. */
  notes: WeekNote[];
  /** Notes that were written in the 28 days before the week. */
  before: EarlierNote[];
  /** The living topics, with what they held before the week. */
  themes: ThemeBefore[];
  /** Links from the week's notes to notes of the account. */
  links: NoteLink[];
  openEnds: OpenEnd[];
  /** What was open when the week before was told, `openEndKey` by `openEndKey`; null where it was not told. */
  openBefore: ReadonlySet<string> | null;
  /** Old notes that are close to notes of the week, closest first. */
  echoes: Echo[];
  /** The day on which the account's first note was written. */
  firstDay: string | null;
}

export interface NoteLink {
  fromId: string;
  toId: string;
  toTitle: string;
  toThemeId: string | null;
  /** The local day on which the note that is linked to was written. */
  toWrittenOn: string;
}

export interface OpenEnd {
  noteId: string;
  kind: "to-do" | "question";
  text: string;
  isDone: boolean;
}

export interface Echo extends OldNote {
  noteId: string;
  /** Words of substance that both have, the most telling first. */
  sharedWords: string[];
}

/** Under which an open end is found again in another week. */
export function openEndKey({ noteId, text }: Pick<OpenEnd, "noteId" | "text">): string {
  return JSON.stringify([noteId, text.trim().toLowerCase()]);
}

/** The note in which an open end stands, from its key. */
export function noteOfOpenEnd(key: string): string {
  return (JSON.parse(key) as [string, string])[0];
}
