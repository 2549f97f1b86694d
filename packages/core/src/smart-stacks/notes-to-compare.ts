import { type Account, type AccountNote, byDay, countsAsActivity } from "./account.ts";
import { RESURFACE } from "./detect-resurface.ts";

/** Notes of this week that old notes are compared with, and notes of the months before that say what is usual. */
const WEEKS_NOTES = 16;
const USUAL_NOTES = 32;

/** Which notes are held against old ones: this week's newest, and some of the months before, evenly spread. */
export function notesToCompare(account: Account): { thisWeek: AccountNote[]; before: AccountNote[] } {
  const newest = account.notes.filter((note) => countsAsActivity(account, note)).sort((a, b) => byDay(b, a));
  const age = (note: AccountNote) => account.today - note.writtenOn;
  return {
    thisWeek: newest.filter((note) => age(note) <= RESURFACE.newDays).slice(0, WEEKS_NOTES),
    before: evenly(
      newest.filter((note) => age(note) > RESURFACE.newDays && age(note) <= RESURFACE.usualDays),
      USUAL_NOTES,
    ),
  };
}

/** So many of a list, evenly spread. */
function evenly<T>(list: T[], most: number): T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!);
}
