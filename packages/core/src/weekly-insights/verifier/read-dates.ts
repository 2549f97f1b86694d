import { Temporal } from "temporal-polyfill";
import type { Fact } from "../fact.ts";
import type { Week } from "../week.ts";
import type { Claim } from "./claim.ts";
import type { Token } from "./tokens.ts";

const months = "january february march april may june july august september october november december".split(
  " ",
);
const shortMonths = months.map((month) => month.slice(0, 3));
const weekdays = "monday tuesday wednesday thursday friday saturday sunday".split(" ");

interface PartOfDate {
  year?: number;
  month?: number;
  day?: number;
  weekday?: number;
}

export interface DatesRead {
  claims: Claim[];
  /** The tokens that the dates are made of. */
  taken: Set<number>;
}

/** The dates of a sentence as claims: whole ones, days without a year, months, years, weekdays. */
export function readDates(tokens: readonly Token[], week: Week): DatesRead {
  const claims: Claim[] = [];
  const taken = new Set<number>();
  const add = (from: number, to: number, part: PartOfDate) => {
    for (let i = from; i < to; i++) taken.add(i);
    const bears = (fact: Fact) => fact.unit === "date" && isOn(String(fact.value), part, week);
    claims.push({ kind: "figure", start: tokens[from]!.start, end: tokens[to - 1]!.end, bears });
  };
  for (let i = 0; i < tokens.length; i++) {
    if (taken.has(i)) continue;
    const iso = isoAt(tokens, i);
    if (iso !== null) {
      add(i, i + 5, iso);
      continue;
    }
    const month = monthOf(tokens[i]!);
    if (month !== undefined) readMonth(tokens, i, month, taken, add);
    else if (isWeekday(tokens[i]!)) add(i, i + 1, { weekday: weekdays.indexOf(tokens[i]!.text) + 1 });
  }
  for (const [i, token] of tokens.entries()) {
    if (!taken.has(i) && isYear(token) && /^(?:in|of|since|from)$/.test(tokens[i - 1]?.text ?? ""))
      add(i, i + 1, { year: Number(token.text) });
  }
  return { claims, taken };
}

function isoAt(tokens: readonly Token[], i: number): PartOfDate | null {
  const written = tokens.slice(i, i + 5).map((token) => token.written);
  const [year, dash, month, dash2, day] = written;
  if (!/^\d{4}$/.test(year ?? "") || dash !== "-" || dash2 !== "-") return null;
  if (!/^\d{2}$/.test(month ?? "") || !/^\d{2}$/.test(day ?? "")) return null;
  return { year: Number(year), month: Number(month), day: Number(day) };
}

/** "9 June 2025", "June 9th, 2025", "9 June", "9 and 12 June", "June". */
function readMonth(
  tokens: readonly Token[],
  at: number,
  month: number,
  taken: ReadonlySet<number>,
  add: (from: number, to: number, part: PartOfDate) => void,
): void {
  const isOf = tokens[at - 1]?.text === "of";
  const before = isOf ? at - 2 : at - 1;
  const dayBefore = taken.has(before) ? undefined : dayIn(tokens[before]);
  if (dayBefore !== undefined) {
    const year = yearAt(tokens, at + 1);
    const partOfYear = year === undefined ? {} : { year: year.year };
    const to = year?.to ?? at + 1;
    const earlier = dayIn(tokens[before - 2]);
    if (earlier !== undefined && /^(?:and|to|until|-|–)$/.test(tokens[before - 1]!.text)) {
      add(before - 2, before - 1, { day: earlier, month, ...partOfYear });
    }
    add(before, to, { day: dayBefore, month, ...partOfYear });
    return;
  }
  const dayAfter = dayIn(tokens[at + 1]);
  if (dayAfter !== undefined) {
    const year = yearAt(tokens, at + 2);
    add(at, year?.to ?? at + 2, { day: dayAfter, month, ...(year === undefined ? {} : { year: year.year }) });
    return;
  }
  const year = yearAt(tokens, at + 1);
  add(at, year?.to ?? at + 1, { month, ...(year === undefined ? {} : { year: year.year }) });
}

function yearAt(tokens: readonly Token[], i: number): { year: number; to: number } | undefined {
  const at = tokens[i]?.text === "," ? i + 1 : i;
  return tokens[at] !== undefined && isYear(tokens[at])
    ? { year: Number(tokens[at].text), to: at + 1 }
    : undefined;
}

function isYear({ text }: Token): boolean {
  return /^(?:19|20)\d\d$/.test(text);
}

function dayIn(token: Token | undefined): number | undefined {
  const [, digits] = /^(\d{1,2})(?:st|nd|rd|th)?$/.exec(token?.text ?? "") ?? [];
  const day = Number(digits);
  return day >= 1 && day <= 31 ? day : undefined;
}

/** Months and weekdays are names: "may" and "march" are other words. */
function monthOf(token: Token): number | undefined {
  if (!/^\p{Lu}/u.test(token.written)) return undefined;
  const index = months.indexOf(token.text);
  if (index >= 0) return index + 1;
  const short = shortMonths.indexOf(token.text === "sept" ? "sep" : token.text);
  return short < 0 ? undefined : short + 1;
}

function isWeekday(token: Token): boolean {
  return weekdays.includes(token.text);
}

/**
 * A day without a year is one of the ten months before the end of the week or of its year, a weekday one of the week
 * itself: anything else would mislead whoever reads it.
 */
function isOn(day: string, part: PartOfDate, week: Week): boolean {
  const date = Temporal.PlainDate.from(day);
  if (part.year !== undefined && part.year !== date.year) return false;
  if (part.month !== undefined && part.month !== date.month) return false;
  if (part.day !== undefined && part.day !== date.day) return false;
  if (part.weekday !== undefined)
    return part.weekday === date.dayOfWeek && day >= week.firstDay && day <= week.lastDay;
  if (part.year !== undefined) return true;
  const last = Temporal.PlainDate.from(week.lastDay);
  return date.year === last.year || Temporal.PlainDate.compare(date, last.subtract({ months: 10 })) >= 0;
}
