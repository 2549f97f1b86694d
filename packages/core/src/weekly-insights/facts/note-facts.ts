import type { WeekNote } from "@noctuary/db/insights/week-account";
import type { Fact, Saying } from "../fact.ts";
import type { WeekAccount } from "../week-account.ts";
import { writtenIn } from "./count-facts.ts";
import { median } from "./median.ts";
import { isTelling, quotable } from "./quotable.ts";

const MAX_NOTES = 4;
/** A folder that was touched as a whole, by a tool or a restored backup, is not a person going back to notes. */
const MAX_REVISITED = 20;
const MIN_LONG_WORDS = 80;
/** A theme's centre says something where several notes lie around it. */
const MIN_THEME_NOTES = 3;

interface Reason {
  says: Extract<Saying, "linked" | "longest" | "central" | "back">;
  note: WeekNote;
  facts: (id: string, label: string) => Omit<Fact, "label">[];
}

/** The notes that mattered most, and why: others link to them, long, at the heart of a theme, gone back to. */
export function noteFacts(account: WeekAccount): Fact[] {
  const told = account.notes.filter((note) => isTelling(note.title));
  const reasons = [
    linked(account, told),
    longest(account, told),
    central(account, told),
    revisited(account, told),
  ].filter((reason) => reason !== null);
  const [only, ...others] = writtenIn(account);
  if (only !== undefined && others.length === 0) return theOnlyNote(only);
  const notes = [...Map.groupBy(reasons, (reason) => reason.note.id).values()].slice(0, MAX_NOTES);
  return notes.flatMap((why, i) => {
    const { note } = why[0]!;
    const id = `note-${i + 1}`;
    const label = quotable(note.title);
    const says = why.map((reason) => reason.says);
    const own = { label, noteIds: [note.id] };
    return [
      { id, value: label, unit: "title", says, ...own },
      { id: `${id}.date`, value: note.writtenOn, unit: "date", says: [], ...own },
      ...why.flatMap((reason) => reason.facts(id, label).map((fact) => ({ ...fact, label }))),
    ] satisfies Fact[];
  });
}

/** A week of one note is that note: it has no rank among others. */
function theOnlyNote(note: WeekNote): Fact[] {
  const own = { label: quotable(note.title), says: [], noteIds: [note.id] };
  return [
    { id: "note-1", value: own.label, unit: "title", ...own },
    { id: "note-1.date", value: note.writtenOn, unit: "date", ...own },
    { id: "note-1.words", value: note.words, unit: "words", ...own },
  ];
}

function linked({ links }: WeekAccount, told: WeekNote[]): Reason | null {
  const from = new Map<string, Set<string>>();
  for (const { fromId, toId } of links) {
    if (fromId !== toId) from.set(toId, (from.get(toId) ?? new Set()).add(fromId));
  }
  const note = best(told, (one) => from.get(one.id)?.size ?? 0);
  const linking = [...(from.get(note?.id ?? "") ?? [])].sort();
  if (note === undefined || linking.length < 2) return null;
  return {
    says: "linked",
    note,
    facts: (id) => [
      {
        id: `${id}.links`,
        value: linking.length,
        unit: "notes",
        says: ["linked"],
        noteIds: [note.id, ...linking],
      },
    ],
  };
}

function longest(account: WeekAccount, told: WeekNote[]): Reason | null {
  const written = writtenIn(account);
  const note = best(
    told.filter((one) => written.includes(one)),
    (one) => one.words,
  );
  const isLongest =
    note !== undefined && written.every((other) => other === note || other.words < note.words);
  if (!isLongest || written.length < 3 || note.words < MIN_LONG_WORDS) return null;
  if (note.words < 1.5 * median(written.map((one) => one.words))) return null;
  return {
    says: "longest",
    note,
    facts: (id) => [
      { id: `${id}.words`, value: note.words, unit: "words", says: ["longest"], noteIds: [note.id] },
    ],
  };
}

/** The note nearest to the centre of the week's largest theme. */
function central(account: WeekAccount, told: WeekNote[]): Reason | null {
  const themed = [...Map.groupBy(writtenIn(account), (note) => note.themeId)]
    .filter(([themeId, notes]) => themeId !== null && notes.length >= MIN_THEME_NOTES)
    .sort(([a, notes], [b, others]) => others.length - notes.length || (a! < b! ? -1 : 1));
  const [themeId] = themed[0] ?? [];
  const name = account.themes.find((theme) => theme.id === themeId)?.name;
  if (name === undefined) return null;
  const note = best(
    told.filter((one) => one.themeId === themeId && one.writtenOn >= account.week.firstDay),
    (one) => one.closeness ?? 0,
  );
  if (note === undefined || (note.closeness ?? 0) <= 0) return null;
  return {
    says: "central",
    note,
    facts: (id) => [
      { id: `${id}.theme`, value: quotable(name), unit: "theme", says: ["central"], noteIds: [note.id] },
    ],
  };
}

/** The oldest note that was changed in the week. */
function revisited({ notes, week }: WeekAccount, told: WeekNote[]): Reason | null {
  const isOlder = (note: WeekNote) => note.writtenOn < week.firstDay;
  if (notes.filter(isOlder).length > MAX_REVISITED) return null;
  const note = told
    .filter(isOlder)
    .toSorted((a, b) => (a.writtenOn === b.writtenOn ? byId(a, b) : a.writtenOn < b.writtenOn ? -1 : 1))[0];
  if (note === undefined) return null;
  return { says: "back", note, facts: () => [] };
}

function best(notes: WeekNote[], measure: (note: WeekNote) => number): WeekNote | undefined {
  return notes.toSorted((a, b) => measure(b) - measure(a) || byId(a, b))[0];
}

function byId(a: WeekNote, b: WeekNote): number {
  return a.id < b.id ? -1 : 1;
}
