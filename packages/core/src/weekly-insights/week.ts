import type { WeekSpan } from "@noctuary/db/insights/week-account";
import { Temporal } from "temporal-polyfill";

/** Seven whole local days. Keyed by the last of them. */
export type Week = WeekSpan;

/** The seven local days before the last midnight at `asOf`. */
export function weekBefore(asOf: Date, timeZone: string): Week {
  const today = Temporal.Instant.fromEpochMilliseconds(asOf.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate();
  return weekEnding(today.subtract({ days: 1 }).toString(), timeZone);
}

export function weekEnding(lastDay: string, timeZone: string): Week {
  const last = Temporal.PlainDate.from(lastDay);
  // A day may begin later than midnight: some zones change their clocks there.
  const beginning = (day: Temporal.PlainDate) =>
    new Date(day.toZonedDateTime({ timeZone }).startOfDay().epochMilliseconds);
  const first = last.subtract({ days: 6 });
  return {
    firstDay: first.toString(),
    lastDay: last.toString(),
    timeZone,
    from: beginning(first),
    until: beginning(last.add({ days: 1 })),
  };
}

/** The local date `days` later; earlier where they are negative. */
export function dayAfter(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}
