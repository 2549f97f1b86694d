import { dateOfDay } from "../local-date.ts";
import { type Account, activityByTopic, firstActiveDay, writtenBetween } from "./account.ts";
import { type Candidate, NOTES_IN_STACK } from "./candidate.ts";
import { clamp } from "./chance.ts";

const WINDOW_DAYS = 14;
/** Until there is a past, everything is new. */
const LEAST_HISTORY = { days: 28, notes: 20 };

const CLEAR = { notes: 4, days: 2, share: 0.75 };
const HOLDS = { notes: 4, days: 2, share: 0.6 };

/**
 * Themes that began in these two weeks: nearly all of their notes are from then. Dates of notes decide and not the age
 * of the cluster, because a cluster that split off an old one is born, and its theme is old. Where its notes are new all
 * the same, the facts tell what it split from.
 */
export function detectNewThemes(account: Account): Candidate[] {
  const { today } = account;
  const first = firstActiveDay(account);
  const from = today - WINDOW_DAYS;
  if (first === null || from - first < LEAST_HISTORY.days) return [];
  const notesBefore = account.notes.filter(({ writtenOn }) => writtenOn < from).length;
  if (notesBefore < LEAST_HISTORY.notes) return [];
  const splitFrom = new Map(account.topics.map((topic) => [topic.id, topic.splitFrom]));
  const sizes = new Map<string, number>();
  for (const { topicId, isLoose } of account.notes) {
    if (topicId !== null && !isLoose) sizes.set(topicId, (sizes.get(topicId) ?? 0) + 1);
  }

  return [...activityByTopic(account)].flatMap(([topicId, notes]): Candidate[] => {
    const recent = writtenBetween(notes, from, today);
    const size = sizes.get(topicId) ?? 0;
    const share = size === 0 ? 0 : recent.length / size;
    const days = new Set(recent.map((note) => note.writtenOn)).size;
    const reaches = (level: typeof CLEAR) =>
      recent.length >= level.notes && days >= level.days && share >= level.share;
    if (!reaches(HOLDS)) return [];
    const newestFirst = recent.toReversed();
    return [
      {
        kind: "new-theme",
        topicId,
        facts: {
          kind: "new-theme",
          from: dateOfDay(recent[0]!.writtenOn),
          to: dateOfDay(today),
          notes: recent.length,
          days,
          older: size - recent.length,
          ...(splitFrom.get(topicId) == null ? {} : { splitFrom: splitFrom.get(topicId)! }),
          noteIds: recent.map((note) => note.id),
        },
        notes: newestFirst.slice(0, NOTES_IN_STACK).map(({ id }) => ({ id })),
        size: recent.length,
        strength: clamp(recent.length / 10),
        confidence: clamp((share - 0.5) * 2),
        latestDay: newestFirst[0]!.writtenOn,
        isClear: reaches(CLEAR),
      },
    ];
  });
}
