import type { DayNumber } from "../local-date.ts";
import type { AccountNote } from "./account.ts";

const WEEK = 7;
const MOST = 4;

/**
 * How much more the weekly counts of this user's themes vary than chance would have them: variance over mean, pooled
 * over all themes (the index of dispersion). 1 for who writes evenly, more for who writes in sittings.
 */
export function dispersionOf(
  themes: readonly (readonly AccountNote[])[],
  { from, to }: { from: DayNumber; to: DayNumber },
): number {
  const weeks = Math.floor((to - from + 1) / WEEK);
  if (weeks < 4) return 1.5;
  let squares = 0;
  let expected = 0;
  for (const notes of themes) {
    const perWeek = new Float64Array(weeks);
    let all = 0;
    for (const { writtenOn } of notes) {
      const week = Math.floor((to - writtenOn) / WEEK);
      if (writtenOn > to || week >= weeks) continue;
      perWeek[week]! += 1;
      all += 1;
    }
    const mean = all / weeks;
    for (const count of perWeek) squares += (count - mean) ** 2;
    expected += (mean * weeks * (weeks - 1)) / weeks;
  }
  return expected === 0 ? 1 : Math.min(MOST, Math.max(1, squares / expected));
}
