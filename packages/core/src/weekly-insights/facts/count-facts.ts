import type { WeekNote } from "@noctuary/db/insights/week-account";
import type { Fact, FactUnit, Saying } from "../fact.ts";
import type { WeekAccount } from "../week-account.ts";
import { median } from "./median.ts";
import { weeksBefore } from "./weeks-before.ts";

/** Notes, words and active days, each against the median of the four weeks before; and the busiest day. */
export function countFacts(account: WeekAccount): Fact[] {
  const written = writtenIn(account);
  const noteIds = written.map((note) => note.id);
  const weeks = weeksBefore(account);
  const beforeIds = weeks.flat().map((note) => note.id);
  const facts: Fact[] = [];

  function count(
    id: FactUnit,
    measure: (notes: Pick<WeekNote, "writtenOn" | "words">[]) => number,
    least: number,
  ) {
    const value = measure(written);
    const usual = weeks.length === 0 ? null : Math.round(median(weeks.map(measure)));
    facts.push({
      id,
      value,
      unit: id,
      says: usual === null ? (value === 0 ? ["down"] : []) : [against(value, usual, least)],
      noteIds,
    });
    if (usual !== null)
      facts.push({ id: `${id}.usual`, value: usual, unit: id, says: ["past"], noteIds: beforeIds });
  }
  count("notes", (notes) => notes.length, 2);
  count("words", (notes) => notes.reduce((sum, note) => sum + note.words, 0), 50);
  count("days", (notes) => new Set(notes.map((note) => note.writtenOn)).size, 2);
  if (weeks.length > 0)
    facts.push({ id: "weeks", value: weeks.length, unit: "weeks", says: ["past"], noteIds: beforeIds });
  return [...datesOf(account), ...facts, ...busiestDay(written)];
}

/** The days between which the week lies. */
export function datesOf({ week, notes }: WeekAccount): Fact[] {
  const noteIds = notes.map((note) => note.id);
  return [
    { id: "week.first", value: week.firstDay, unit: "date", says: [], noteIds },
    { id: "week.last", value: week.lastDay, unit: "date", says: [], noteIds },
  ];
}

/** Notes that were written in the week, not only changed. */
export function writtenIn({ notes, week }: WeekAccount): WeekNote[] {
  return notes.filter((note) => note.writtenOn >= week.firstDay && note.writtenOn <= week.lastDay);
}

/** A quarter more or less is a difference, where it is also so much in figures that one would notice. */
const NOTABLE_SHARE = 1.25;

function against(value: number, usual: number, least: number): Saying {
  if (value === 0) return "down";
  if (value - usual >= least && value >= usual * NOTABLE_SHARE) return "up";
  if (usual - value >= least && usual >= value * NOTABLE_SHARE) return "down";
  return "steady";
}

/** The day with the most notes, where it stands out: three notes or more, and more than on any other day. */
function busiestDay(written: WeekNote[]): Fact[] {
  const days = [...Map.groupBy(written, (note) => note.writtenOn)].sort(
    ([a, notes], [b, others]) => others.length - notes.length || (a < b ? -1 : 1),
  );
  const [first, second] = days;
  if (first === undefined || first[1].length < 3 || first[1].length === second?.[1].length) return [];
  if (second === undefined) return []; // all on one day: that is not its busiest, it is its only one
  const [day, notes] = first;
  const noteIds = notes.map((note) => note.id);
  return [
    { id: "busiest-day", value: day, unit: "date", says: ["busiest"], noteIds },
    { id: "busiest-day.notes", value: notes.length, unit: "notes", says: ["busiest"], noteIds },
  ];
}
