import { dateOfDay } from "../local-date.ts";
import { type Account, activityByTopic, firstActiveDay, writtenBetween } from "./account.ts";
import { type Candidate, NOTES_IN_STACK } from "./candidate.ts";
import { clamp, confidenceOf, tailOfHits } from "./chance.ts";

const WEEK = 7;
const WEEKS = 8;
/** The weeks before them that tell how often the theme comes up otherwise. */
const BASELINE_WEEKS = 26;
const LEAST_BASELINE_WEEKS = 8;
/** It must have come up in one of the newest weeks: what came back in summer is over. */
const NEWEST_WEEKS = 2;

const CLEAR = { weeks: 4, chance: 0.005 };
const HOLDS = { weeks: 3, chance: 0.1 };

/** Themes that came back in week after week, although they were rare before. */
export function detectRecurring(account: Account): Candidate[] {
  const { today } = account;
  const first = firstActiveDay(account);
  if (first === null) return [];
  const from = today - WEEKS * WEEK + 1;
  const ofWeeksBefore = Math.min(BASELINE_WEEKS, Math.floor((from - first) / WEEK));
  if (ofWeeksBefore < LEAST_BASELINE_WEEKS) return [];
  const themes = activityByTopic(account);

  return [...themes].flatMap(([topicId, notes]): Candidate[] => {
    const isOlder = notes.some(({ writtenOn }) => writtenOn < from);
    if (!isOlder) return [];
    const recent = writtenBetween(notes, from, today);
    const weekOf = (day: number) => Math.floor((today - day) / WEEK);
    const weeks = new Set(recent.map((note) => weekOf(note.writtenOn)));
    const before = writtenBetween(notes, from - ofWeeksBefore * WEEK, from - 1);
    const weeksBefore = new Set(before.map((note) => weekOf(note.writtenOn))).size;
    const isLive = [...weeks].some((week) => week < NEWEST_WEEKS);
    const usualShare = (weeksBefore + 0.5) / (ofWeeksBefore + 1);
    const chance = tailOfHits(weeks.size, WEEKS, usualShare) * themes.size;
    const reaches = (level: typeof CLEAR) => isLive && weeks.size >= level.weeks && chance <= level.chance;
    if (!reaches(HOLDS)) return [];
    const newestFirst = recent.toReversed();
    return [
      {
        kind: "recurring",
        topicId,
        facts: {
          kind: "recurring",
          from: dateOfDay(from),
          to: dateOfDay(today),
          weeks: weeks.size,
          ofWeeks: WEEKS,
          weeksBefore,
          ofWeeksBefore,
          noteIds: recent.map((note) => note.id),
        },
        notes: newestFirst.slice(0, NOTES_IN_STACK).map(({ id }) => ({ id })),
        size: recent.length,
        strength: clamp(weeks.size / WEEKS - usualShare),
        confidence: confidenceOf(chance),
        latestDay: newestFirst[0]!.writtenOn,
        isClear: reaches(CLEAR),
      },
    ];
  });
}
