import type { WeekNote } from "@noctuary/db/insights/week-account";
import { Temporal } from "temporal-polyfill";
import { daysBetween } from "../../local-date.ts";
import type { Fact, FactUnit } from "../fact.ts";
import type { WeekAccount } from "../week-account.ts";
import { writtenIn } from "./count-facts.ts";
import { isTelling, quotable } from "./quotable.ts";

/** Younger notes are not from long ago. */
export const MIN_ECHO_DAYS = 90;
/** A note with less of its weight in its own theme stands between two. */
const BETWEEN_THEMES = 0.6;

/** A connection made this week between two themes: a link across, or a note that stands between them. */
export function connectionFacts(account: WeekAccount): Fact[] {
  const names = new Map(account.themes.map((theme) => [theme.id, quotable(theme.name)]));
  const written = new Map(writtenIn(account).map((note) => [note.id, note]));
  const across = account.links
    .filter(({ fromId, toThemeId, toTitle }) => {
      const from = written.get(fromId);
      return isPair(from?.themeId, toThemeId) && isTelling(from!.title) && isTelling(toTitle);
    })
    .toSorted((a, b) =>
      a.toWrittenOn < b.toWrittenOn ? -1 : a.toWrittenOn > b.toWrittenOn ? 1 : a.fromId < b.fromId ? -1 : 1,
    )[0];
  if (across !== undefined) {
    const from = written.get(across.fromId)!;
    return [
      ...joined(from, from.themeId!, across.toThemeId!, [from.id, across.toId]),
      {
        id: "connection.target",
        value: quotable(across.toTitle),
        unit: "title",
        label: quotable(across.toTitle),
        says: ["joined", "target"],
        noteIds: [across.toId],
      },
    ];
  }
  const between = [...written.values()]
    .filter(
      (note) =>
        isPair(note.themeId, note.rivalId) &&
        (note.confidence ?? 1) < BETWEEN_THEMES &&
        isTelling(note.title),
    )
    .toSorted((a, b) => a.confidence! - b.confidence! || (a.id < b.id ? -1 : 1))[0];
  return between === undefined ? [] : joined(between, between.themeId!, between.rivalId!, [between.id]);

  function isPair(a: string | null | undefined, b: string | null | undefined): boolean {
    return a != null && b != null && a !== b && names.has(a) && names.has(b);
  }
  function joined(note: WeekNote, from: string, to: string, noteIds: string[]): Fact[] {
    const label = quotable(note.title);
    const themed = (id: string, theme: string): Fact => ({
      id,
      value: names.get(theme)!,
      unit: "theme",
      label,
      says: ["joined"],
      noteIds,
    });
    return [
      { id: "connection", value: label, unit: "title", label, says: ["joined"], noteIds },
      themed("connection.from", from),
      themed("connection.to", to),
    ];
  }
}

/** A note from long ago that a note of this week echoes, with the words they share. */
export function echoFacts(account: WeekAccount): Fact[] {
  const written = new Map(writtenIn(account).map((note) => [note.id, note]));
  const linked = new Set(account.links.map(({ fromId, toId }) => `${fromId} ${toId}`));
  const echo = account.echoes.find(
    ({ noteId, oldId, oldTitle, oldWrittenOn, sharedWords }) =>
      written.has(noteId) &&
      isTelling(written.get(noteId)!.title) &&
      isTelling(oldTitle) &&
      // What is linked already was not forgotten.
      !linked.has(`${noteId} ${oldId}`) &&
      daysBetween(oldWrittenOn, account.week.firstDay) >= MIN_ECHO_DAYS &&
      sharedWords.length >= 2,
  );
  if (echo === undefined) return [];
  const note = written.get(echo.noteId)!;
  const noteIds = [echo.noteId, echo.oldId];
  const old = { label: quotable(echo.oldTitle), noteIds };
  const own = { label: quotable(note.title), noteIds };
  const [age, unit] = ageOf(echo.oldWrittenOn, note.writtenOn);
  return [
    { id: "echo.old", value: old.label, unit: "title", says: ["echo", "target"], ...old },
    { id: "echo.date", value: echo.oldWrittenOn, unit: "date", says: [], ...old },
    { id: "echo.age", value: age, unit, says: [], ...old },
    { id: "echo.note", value: own.label, unit: "title", says: ["echo"], ...own },
    ...echo.sharedWords
      .slice(0, 3)
      .map(
        (word, i): Fact => ({ id: `echo.word-${i + 1}`, value: word, unit: "text", says: ["echo"], noteIds }),
      ),
  ];
}

/** Whole weeks up to two months, whole months up to two years, whole years after that. */
function ageOf(from: string, to: string): [number, FactUnit] {
  const { months } = Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), {
    largestUnit: "months",
  });
  if (months < 2) return [Math.floor(daysBetween(from, to) / 7), "weeks"];
  return months < 24 ? [months, "months"] : [Math.floor(months / 12), "years"];
}
