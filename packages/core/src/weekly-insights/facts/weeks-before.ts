import type { EarlierNote } from "@noctuary/db/insights/week-account";
import { daysBetween } from "../../local-date.ts";
import type { WeekAccount } from "../week-account.ts";

/** How many weeks a week is compared with. */
export const COMPARED_WEEKS = 4;

/**
 * The notes of each of the four weeks before, the latest first. Weeks before the account's first note are no weeks
 * without notes: they are left out.
 */
export function weeksBefore({ week, before, firstDay }: WeekAccount): EarlierNote[][] {
  if (firstDay === null) return [];
  const age = Math.ceil(daysBetween(firstDay, week.firstDay) / 7);
  const weeks: EarlierNote[][] = Array.from({ length: Math.max(0, Math.min(COMPARED_WEEKS, age)) }, () => []);
  for (const note of before) {
    const index = Math.floor((daysBetween(note.writtenOn, week.firstDay) - 1) / 7);
    if (index >= 0) weeks[index]?.push(note);
  }
  return weeks;
}
