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
  // An offset is no zone, and PostgreSQL reads its sign the other way round.
  if (/^[+-]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

/** Days are numbered from 1 January 1970, so that they can be counted and compared. */
export type DayNumber = number;

const DAY_MS = 86_400_000;

export function dayNumberOf(localDate: string): DayNumber {
  const { year, month, day } = Temporal.PlainDate.from(localDate);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

/** YYYY-MM-DD */
export function dateOfDay(day: DayNumber): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The local day of any number of instants in one time zone. Offsets are looked up once between two clock changes:
 * a calendar object an instant would take seconds for a hundred thousand notes.
 */
export function localDays(timeZone: string): (instant: Date) => DayNumber {
  /** Spans without a clock change, [from, to) in milliseconds. */
  const spans: { fromMs: number; toMs: number; offsetMs: number }[] = [];
  const spanAt = (ms: number) => {
    const moment = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone);
    const next = moment.getTimeZoneTransition("next")?.epochMilliseconds ?? Number.POSITIVE_INFINITY;
    const previous = moment.add({ nanoseconds: 1 }).getTimeZoneTransition("previous");
    return {
      fromMs: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
      toMs: next,
      offsetMs: moment.offsetNanoseconds / 1e6,
    };
  };
  return (instant) => {
    const ms = instant.getTime();
    let span = spans.find(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
    if (span === undefined) {
      span = spanAt(ms);
      spans.unshift(span);
    }
    return Math.floor((ms + span.offsetMs) / DAY_MS);
  };
}

/** The time zone itself where it exists, else the default: a wrong setting must not stop a user's night. */
export function knownTimeZone(name: string): string {
  return isTimeZone(name) ? name : DEFAULT_TIME_ZONE;
}

export const DEFAULT_TIME_ZONE = "America/New_York";
