const isoDay = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/;
const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:T|[ ,]+)(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const compactDay = /^((?:19|20)\d{2})(\d{2})(\d{2})(?:\d{4}(?:\d{2})?)?$/;
const month = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?";
const worded = new RegExp(
  `^(?:${month} \\d{1,2},? \\d{4}|\\d{1,2} ${month},? \\d{4})(?:,? (?:at )?\\d{1,2}:\\d{2}(?::\\d{2})?(?: ?[ap]m)?)?$`,
  "i",
);

/**
 * A date as people and tools write it in front matter: ISO 8601 with or without time and zone, 2026/05/25,
 * 20260525, "Monday, May 25th 2026, 2:30:00 pm" (the form of Obsidian's Linter), a link to a daily note, and
 * Unix time in seconds or milliseconds. Undefined when it is none of these.
 *
 * A time without a zone is in this machine's. A day alone is noon UTC, which is that same day in almost every
 * zone; midnight would be the day before for half the world.
 */
export function readDate(value: unknown): Date | undefined {
  if (value instanceof Date) return within(value);
  if (/^\d{9,13}$/.test(String(value)) && !compactDay.test(String(value))) {
    return within(new Date(Number(value) < 1e11 ? Number(value) * 1000 : Number(value)));
  }
  // An unquoted [[2026-05-25]] is a list in a list to YAML.
  if (Array.isArray(value)) return value.length === 1 ? readDate(value[0]) : undefined;
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value)
    .slice(0, 100)
    .trim()
    .replace(/^\[\[(.*)\]\]$/, "$1");
  const day = isoDay.exec(text) ?? compactDay.exec(text);
  if (day !== null) return dayOf(day[1]!, day[2]!, day[3]!);
  const time = isoTime.exec(text);
  if (time !== null) {
    const [, year, monthNumber, date, hours, minutes, seconds = "00", zone = ""] = time;
    if (dayOf(year!, monthNumber!, date!) === undefined) return undefined;
    const offset = /^[+-]\d{2}$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d{2})(\d{2})$/, "$1:$2");
    return within(
      new Date(`${year}-${monthNumber}-${date}T${hours}:${minutes}:${seconds}${offset.toUpperCase()}`),
    );
  }
  const words = text.replace(/^[a-z]+day,? /i, "").replace(/(\d)(?:st|nd|rd|th)\b/gi, "$1");
  // Date.parse makes a date of nearly anything, so only what has this shape is handed to it.
  if (!worded.test(words)) return undefined;
  const parsed = new Date(words.replace(/ at /i, " "));
  return within(words.includes(":") ? parsed : new Date(parsed.getTime() + noonUtcOf(parsed)));
}

/** The day in a file name: 2026-05-25 or 2026_05_25 anywhere, 20260525 (perhaps with a time) at its beginning. */
export function dateInFileName(fileName: string): Date | undefined {
  const marked = /(?<!\d)(\d{4})([-_.])(\d{2})\2(\d{2})(?!\d)/.exec(fileName);
  if (marked !== null) return dayOf(marked[1]!, marked[3]!, marked[4]!);
  const compact = /^((?:19|20)\d{2})(\d{2})(\d{2})(?:\d{4}|\d{6})?(?!\d)/.exec(fileName);
  return compact === null ? undefined : dayOf(compact[1]!, compact[2]!, compact[3]!);
}

function dayOf(year: string, monthNumber: string, date: string): Date | undefined {
  const day = new Date(Date.UTC(Number(year), Number(monthNumber) - 1, Number(date), 12));
  // Date.UTC takes the years 0 to 99 for those of the last century.
  if (Number(year) < 100) return undefined;
  const exists = day.getUTCMonth() === Number(monthNumber) - 1 && day.getUTCDate() === Number(date);
  return exists ? within(day) : undefined;
}

/** From a local midnight to noon UTC of the same calendar day. */
function noonUtcOf(midnight: Date): number {
  return Date.UTC(midnight.getFullYear(), midnight.getMonth(), midnight.getDate(), 12) - midnight.getTime();
}

/** Outside of these a date is a misread number rather than a day somebody wrote on. */
function within(date: Date): Date | undefined {
  const year = date.getUTCFullYear();
  return year >= 1900 && year < 2200 ? date : undefined;
}
