import type { DayNumber } from "../local-date.ts";

/** Fewer notes in a day may well have been written. */
const LEAST_NOTES = 25;
/** So many times the usual active day is not written, it is brought in. */
const TIMES_USUAL = 8;

/** The days on which notes came in at once: an export from another app, a folder whose files lost their dates. */
export function importDays(writtenOn: readonly DayNumber[]): Set<DayNumber> {
  const perDay = new Map<DayNumber, number>();
  for (const day of writtenOn) perDay.set(day, (perDay.get(day) ?? 0) + 1);
  const counts = [...perDay.values()].sort((a, b) => a - b);
  const usual = counts[Math.floor((counts.length - 1) / 2)] ?? 0;
  // One day alone has no usual beside it.
  const most = counts.length < 3 ? LEAST_NOTES : Math.max(LEAST_NOTES, TIMES_USUAL * usual);
  return new Set([...perDay].filter(([, notes]) => notes >= most).map(([day]) => day));
}
