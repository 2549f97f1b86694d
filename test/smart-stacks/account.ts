import { type DayNumber, dayNumberOf } from "@noctuary/core/local-date";
import type { Account, AccountNote } from "@noctuary/core/smart-stacks/account";

export const TODAY: DayNumber = dayNumberOf("2026-11-02");

/** Notes of topics by how many days before tonight they were written. */
export function accountOf(
  topics: Record<string, readonly number[]>,
  options: {
    importDays?: number[];
    loose?: readonly string[];
    today?: DayNumber;
    splitFrom?: Record<string, string>;
  } = {},
): Account {
  const today = options.today ?? TODAY;
  const notes = Object.entries(topics).flatMap(([topicId, daysAgo]) =>
    daysAgo.map(
      (days, i): AccountNote => ({
        id: `${topicId}-${String(i).padStart(3, "0")}`,
        title: `${topicId} ${i}`,
        writtenOn: today - days,
        editedOn: today - days,
        topicId,
        isLoose: options.loose?.includes(topicId) ?? false,
      }),
    ),
  );
  return {
    today,
    notes,
    topics: Object.keys(topics).map((id) => ({ id, splitFrom: options.splitFrom?.[id] ?? null })),
    importDays: new Set((options.importDays ?? []).map((days) => today - days)),
  };
}

/** Every so many days, from one age to another. */
export function every(step: number, from: number, to: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}
