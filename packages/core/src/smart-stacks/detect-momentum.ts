import { dateOfDay } from "../local-date.ts";
import { type Account, activityByTopic, firstActiveDay, writtenBetween } from "./account.ts";
import { type Candidate, NOTES_IN_STACK } from "./candidate.ts";
import { clamp, confidenceOf, tailOfCount } from "./chance.ts";
import { dispersionOf } from "./dispersion.ts";

const WINDOW_DAYS = 14;
/** Half a year tells what is usual now; what was usual years ago does not. */
const BASELINE_DAYS = 182;
const LEAST_BASELINE_DAYS = 28;
/** With fewer notes before, it is a new theme and not an old one that gained speed. */
const LEAST_NOTES_BEFORE = 2;
/** The same where nearly all of its notes are of these days: "35 times your usual" says nothing of two older notes. */
const MOST_RECENT_SHARE = 0.75;

const CLEAR = { notes: 4, days: 2, times: 2, chance: 0.02 };
const HOLDS = { notes: 3, days: 2, times: 1.5, chance: 0.2 };

/** Themes far above their own usual pace, also when the user writes more than usual altogether. */
export function detectMomentum(account: Account): Candidate[] {
  const { today } = account;
  const first = firstActiveDay(account);
  if (first === null) return [];
  const window = { from: today - WINDOW_DAYS, to: today };
  const before = { from: Math.max(first, window.from - BASELINE_DAYS), to: window.from - 1 };
  const beforeDays = before.to - before.from + 1;
  if (beforeDays < LEAST_BASELINE_DAYS) return [];

  const perWindow = (notes: number) => (notes * WINDOW_DAYS) / beforeDays;
  const themes = [...activityByTopic(account)].map(([topicId, notes]) => ({
    topicId,
    recent: writtenBetween(notes, window.from, window.to),
    notesBefore: writtenBetween(notes, before.from, before.to).length,
    notes,
  }));
  const dispersion = dispersionOf(
    themes.map((t) => t.notes),
    before,
  );

  return themes.flatMap(({ topicId, recent, notesBefore, notes }): Candidate[] => {
    if (notesBefore < LEAST_NOTES_BEFORE || recent.length >= MOST_RECENT_SHARE * notes.length) return [];
    const usual = perWindow(notesBefore);
    const pace = paceOf(
      themes
        .filter((theme) => theme.topicId !== topicId)
        .map((theme) => ({ recent: theme.recent.length, usual: perWindow(theme.notesBefore) })),
    );
    const expected = perWindow(notesBefore + 0.5) * pace;
    const chance = tailOfCount(recent.length, expected, dispersion) * themes.length;
    const days = new Set(recent.map((note) => note.writtenOn)).size;
    const times = recent.length / expected;
    const reaches = (level: typeof CLEAR) =>
      recent.length >= level.notes && days >= level.days && times >= level.times && chance <= level.chance;
    if (!reaches(HOLDS)) return [];
    const newestFirst = recent.toReversed();
    return [
      {
        kind: "momentum",
        topicId,
        facts: {
          kind: "momentum",
          from: dateOfDay(window.from),
          to: dateOfDay(window.to),
          notes: recent.length,
          days,
          notesBefore,
          beforeFrom: dateOfDay(before.from),
          beforeTo: dateOfDay(before.to),
          usual,
          noteIds: recent.map((note) => note.id),
        },
        notes: newestFirst.slice(0, NOTES_IN_STACK).map(({ id }) => ({ id })),
        size: recent.length,
        strength: clamp(Math.log2(times) / 3),
        confidence: confidenceOf(chance),
        latestDay: newestFirst[0]!.writtenOn,
        isClear: reaches(CLEAR),
      },
    ];
  });
}

const MOST_BURSTS = 2;
const MANY_THEMES = 5;

/**
 * How much more than usual the user writes about everything else. Themes that stand out themselves are left out where
 * there are many: one burst must not hide another.
 */
function paceOf(others: { recent: number; usual: number }[]): number {
  const calm = others
    .toSorted((a, b) => b.recent - b.usual - (a.recent - a.usual))
    .slice(others.length >= MANY_THEMES ? MOST_BURSTS : 0);
  const usual = calm.reduce((sum, theme) => sum + theme.usual, 0);
  const recent = calm.reduce((sum, theme) => sum + theme.recent, 0);
  return usual < 1 ? 1 : Math.max(1, recent / usual);
}
