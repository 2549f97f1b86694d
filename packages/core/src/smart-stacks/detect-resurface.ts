import { type DayNumber, dateOfDay } from "../local-date.ts";
import type { Account, AccountNote } from "./account.ts";
import { type Candidate, NOTES_IN_STACK } from "./candidate.ts";
import { clamp } from "./chance.ts";

/** A note of this week and an old one that is close to it. */
export interface Echo {
  newId: string;
  oldId: string;
  /** Cosine similarity of their vectors. */
  similarity: number;
}

export interface Echoes {
  /** The closest old notes of each of this week's. */
  found: readonly Echo[];
  /** For notes of the months before: how close the closest old note was. This is what is usual. */
  usual: readonly number[];
  /** Pairs of notes of which one links to the other. */
  linked: ReadonlySet<string>;
  /** Pairs of notes that are nearly the same text: duplicates, and no echoes. */
  alike?: ReadonlySet<string>;
}

export const RESURFACE = {
  /** "This week", in days back from tonight. */
  newDays: 7,
  /** A note is old, and long enough not looked at, after this many days. */
  oldDays: 90,
  /** Notes of the months before that say what is usual. */
  usualDays: 120,
};
const LEAST_USUAL = 12;
/** In robust standard deviations above the median of what is usual. */
const CLEAR = 2.75;
const HOLDS = 2.25;
/** The same text is a duplicate and not an echo. */
const SAME = 0.97;

export const linkKey = (a: string, b: string) => (a < b ? `${a}\n${b}` : `${b}\n${a}`);

/** Old notes that this week's notes come back to without a link: closer than old notes usually are. */
export function detectResurface(account: Account, { found, usual, linked, alike }: Echoes): Candidate[] {
  if (usual.length < LEAST_USUAL) return [];
  const { median, deviation, most } = spreadOf(usual);
  const notes = new Map(account.notes.map((note) => [note.id, note]));
  const isEcho = ({ newId, oldId, similarity }: Echo) =>
    similarity < SAME &&
    !linked.has(linkKey(newId, oldId)) &&
    alike?.has(linkKey(newId, oldId)) !== true &&
    isOld(notes.get(oldId), account.today) &&
    notes.get(newId)?.title !== notes.get(oldId)?.title;
  const holding = found.filter((echo) => isEcho(echo) && echo.similarity > median + HOLDS * deviation);

  return [...groupByTopic(holding, notes)].map(([topicId, echoes]): Candidate => {
    const closest = new Map<string, Echo>();
    for (const echo of echoes) {
      const known = closest.get(echo.oldId);
      if (known === undefined || known.similarity < echo.similarity) closest.set(echo.oldId, echo);
    }
    const best = [...closest.values()]
      .sort((a, b) => b.similarity - a.similarity || (a.oldId < b.oldId ? -1 : 1))
      .slice(0, NOTES_IN_STACK / 2);
    const top = best[0]!;
    const newIds = [...new Set(best.map(({ newId }) => newId))];
    return {
      kind: "resurface",
      topicId: topicId === "" ? null : topicId,
      facts: {
        kind: "resurface",
        from: dateOfDay(account.today - RESURFACE.newDays),
        to: dateOfDay(account.today),
        echoes: best.map((echo) => ({
          ...echo,
          similarity: rounded(echo.similarity),
          writtenOn: dateOfDay(notes.get(echo.oldId)!.writtenOn),
        })),
        usual: rounded(median),
      },
      notes: [...best.map(({ oldId }) => ({ id: oldId })), ...newIds.map((id) => ({ id }))],
      size: best.length,
      strength: clamp((top.similarity - median) / Math.max(0.01, 1 - median)),
      confidence: clamp((top.similarity - median) / deviation / 8),
      latestDay: Math.max(...newIds.map((id) => notes.get(id)!.writtenOn)),
      isClear: top.similarity > median + CLEAR * deviation && top.similarity > most - deviation / 2,
    };
  });
}

/** Whether a note is old enough to have been forgotten: written and last edited long ago. */
export function isOld(note: AccountNote | undefined, today: DayNumber): boolean {
  const before = today - RESURFACE.oldDays;
  return note !== undefined && note.writtenOn < before && note.editedOn < before;
}

function groupByTopic(echoes: readonly Echo[], notes: Map<string, AccountNote>): Map<string, Echo[]> {
  return Map.groupBy(echoes, ({ oldId }) => notes.get(oldId)?.topicId ?? "");
}

/** Median and median absolute deviation, scaled to a standard deviation: outliers among them do not count. */
function spreadOf(values: readonly number[]): { median: number; deviation: number; most: number } {
  const median = medianOf(values);
  const deviation = 1.4826 * medianOf(values.map((value) => Math.abs(value - median)));
  return { median, deviation: Math.max(0.02, deviation), most: Math.max(...values) };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function rounded(similarity: number): number {
  return Math.round(similarity * 1000) / 1000;
}
