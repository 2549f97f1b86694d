import type { ThemeBefore, WeekNote } from "@noctuary/db/insights/week-account";
import { daysBetween } from "../../local-date.ts";
import type { Fact, Saying } from "../fact.ts";
import type { WeekAccount } from "../week-account.ts";
import { writtenIn } from "./count-facts.ts";
import { median } from "./median.ts";
import { isTelling, quotable } from "./quotable.ts";
import { weeksBefore } from "./weeks-before.ts";

const MAX_ACTIVE = 6;
const MAX_FADING = 3;
const TITLES_PER_THEME = 3;
/** With fewer notes a share of them says nothing. */
const MIN_NOTES_FOR_SHARE = 5;

type Movement = Extract<Saying, "new" | "up" | "down" | "back" | "steady">;

interface MovedTheme extends ThemeBefore {
  notes: WeekNote[];
  movement: Movement;
  /** Median of the four weeks before. */
  usual: number;
  /** Ids of the notes of those weeks. */
  beforeIds: string[];
  /** Whole weeks without a note before this week's first; only of one that came back. */
  weeksAway: number;
}

/** Each theme of the week, how it moved, and how many themes moved in which way. */
export function themeFacts(account: WeekAccount): Fact[] {
  const themes = movedThemes(account);
  const active = themes.filter((theme) => theme.notes.length > 0).toSorted(byWeight);
  const fading = themes
    .filter((theme) => theme.movement === "down")
    .toSorted((a, b) => b.beforeIds.length - a.beforeIds.length || byWeight(a, b));
  const told = [...new Set([...active.slice(0, MAX_ACTIVE), ...fading.slice(0, MAX_FADING)])];
  const allNotes = writtenIn(account).length;
  return [
    ...countsOf(themes, active),
    ...told.flatMap((theme, i) => factsOf(theme, `theme-${i + 1}`, isLargest(active, theme), allNotes)),
  ];
}

/** The themes with something to say about this week, in the order of the account. */
export function movedThemes(account: WeekAccount): MovedTheme[] {
  const written = Map.groupBy(writtenIn(account), (note) => note.themeId);
  const weeks = weeksBefore(account).map((notes) => Map.groupBy(notes, (note) => note.themeId));
  return account.themes.flatMap((theme) => {
    const notes = written.get(theme.id) ?? [];
    const counts = weeks.map((week) => week.get(theme.id)?.length ?? 0);
    const beforeIds = weeks.flatMap((week) => (week.get(theme.id) ?? []).map((note) => note.id));
    const usual = counts.length === 0 ? 0 : median(counts);
    const first = notes.reduce(
      (day, note) => (note.writtenOn < day ? note.writtenOn : day),
      account.week.lastDay,
    );
    const weeksAway =
      theme.lastBefore === null ? 0 : Math.floor((daysBetween(theme.lastBefore, first) - 1) / 7);
    const movement = movementOf(theme, notes.length, usual, beforeIds.length, weeks.length);
    return notes.length === 0 && movement !== "down"
      ? []
      : [{ ...theme, notes, movement, usual, beforeIds, weeksAway }];
  });
}

/**
 * New: most of its notes are of this week. Back: none in the four weeks before, but earlier ones. Up and down: by two
 * notes and by half against the median of the four weeks before; silent after three notes in them is down as well.
 */
function movementOf(
  { notesBefore }: ThemeBefore,
  notes: number,
  usual: number,
  before: number,
  weeks: number,
): Movement {
  if (weeks === 0) return "steady"; // the account's first week: there is nothing to compare with
  if (notes >= 2 && notesBefore < notes) return "new";
  if (notes >= 1 && before === 0 && notesBefore >= 2) return "back";
  if (notes - usual >= 2 && notes >= usual * 1.5) return "up";
  if ((usual - notes >= 2 && notes <= usual / 2) || (notes === 0 && before >= 3)) return "down";
  return "steady";
}

function countsOf(themes: MovedTheme[], active: MovedTheme[]): Fact[] {
  const idsOf = (some: MovedTheme[]) => some.flatMap((theme) => theme.notes.map((note) => note.id));
  const facts: Fact[] = [
    { id: "themes", value: active.length, unit: "themes", says: [], noteIds: idsOf(active) },
  ];
  for (const movement of ["new", "up", "down", "back", "steady"] as const) {
    const some = themes.filter((theme) => theme.movement === movement);
    const noteIds = movement === "down" ? some.flatMap((theme) => theme.beforeIds) : idsOf(some);
    if (some.length > 0)
      facts.push({ id: `themes.${movement}`, value: some.length, unit: "themes", says: [movement], noteIds });
  }
  return facts;
}

function factsOf(theme: MovedTheme, id: string, isMost: boolean, allNotes: number): Fact[] {
  const label = quotable(theme.name);
  const noteIds = theme.notes.map((note) => note.id);
  const { length } = noteIds;
  const resting = length > 0 ? noteIds : theme.beforeIds;
  const facts: Fact[] = [
    {
      id: `${id}.notes`,
      value: length,
      unit: "notes",
      label,
      says: isMost ? [theme.movement, "most"] : [theme.movement],
      noteIds: resting,
    },
  ];
  const add = (name: string, value: number, unit: Fact["unit"], says: Saying[], ids = resting) =>
    facts.push({ id: `${id}.${name}`, value, unit, label, says, noteIds: ids });
  if (theme.movement === "up" || (theme.movement === "down" && theme.usual > 0))
    add("usual", Math.round(theme.usual), "notes", ["past"], theme.beforeIds);
  if (theme.movement === "down") add("before", theme.beforeIds.length, "notes", ["past"], theme.beforeIds);
  if (theme.movement === "back" && theme.weeksAway > 0) add("away", theme.weeksAway, "weeks", ["back"]);
  if (isMost && allNotes >= MIN_NOTES_FOR_SHARE && length < allNotes)
    add("share", Math.round((100 * length) / allNotes), "percent", ["most"]);
  const telling = theme.notes.filter((note) => isTelling(note.title)).toSorted(byCloseness);
  for (const [i, note] of telling.slice(0, TITLES_PER_THEME).entries())
    facts.push({
      id: `${id}.title-${i + 1}`,
      value: quotable(note.title),
      unit: "title",
      label,
      says: [],
      noteIds: [note.id],
    });
  return facts;
}

function isLargest(active: MovedTheme[], theme: MovedTheme): boolean {
  return theme === active[0] && theme.notes.length > (active[1]?.notes.length ?? 0);
}

function byWeight(a: MovedTheme, b: MovedTheme): number {
  return b.notes.length - a.notes.length || b.notesBefore - a.notesBefore || (a.name < b.name ? -1 : 1);
}

function byCloseness(a: WeekNote, b: WeekNote): number {
  return (b.closeness ?? -1) - (a.closeness ?? -1) || (a.id < b.id ? -1 : 1);
}
