import { Temporal } from "temporal-polyfill";

/** The calendar date at `instant` in an IANA time zone, YYYY-MM-DD. */
export function localDateOf(instant: Date, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
}

/** The moment of a local wall time. One that a clock change leaves out is the moment after the gap. */
export function instantOf(localDate: string, localTime: string, timeZone: string): Date {
  const wall = Temporal.PlainDate.from(localDate).toPlainDateTime(Temporal.PlainTime.from(localTime));
  return new Date(wall.toZonedDateTime(timeZone, { disambiguation: "later" }).epochMilliseconds);
}

/** Days from one YYYY-MM-DD to another; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: "days" }).days;
}

export function isTimeZone(name: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}
