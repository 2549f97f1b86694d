import { Temporal } from "temporal-polyfill";
import { roundedToTwoDigits } from "../rounding.ts";

const small = [
  "no",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];

/** Up to twelve in words, more in figures. */
export function figure(value: number): string {
  return small[value] ?? value.toLocaleString("en");
}

/** "three notes", "1,204 words". */
export function counted(value: number, plural: string): string {
  return `${figure(value)} ${value === 1 ? plural.slice(0, -1) : plural}`;
}

/** "about 2,300 words"; exact where it is short. */
export function aboutWords(value: number): string {
  const rounded = roundedToTwoDigits(value);
  return rounded === value ? counted(value, "words") : `about ${counted(rounded, "words")}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? "") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

export function quoted(text: string): string {
  return `“${text}”`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "9 June", with the year where it is not the one that the reader is in. */
export function dayOf(day: string, today: string): string {
  const date = Temporal.PlainDate.from(day);
  const sameYear = day.slice(0, 4) === today.slice(0, 4);
  return date.toLocaleString("en-GB", {
    day: "numeric",
    month: "long",
    ...(sameYear ? {} : { year: "numeric" }),
  });
}

export function weekdayOf(day: string): string {
  return Temporal.PlainDate.from(day).toLocaleString("en-GB", { weekday: "long" });
}

/**
 * A theme's name as it stands in prose: as it is, or in quotation marks where it could be read as a part of the
 * sentence, for a figure in it would look like a claim.
 */
export function themeName(name: string): string {
  return isPlainName(name) ? name : quoted(name);
}

export function isPlainName(name: string): boolean {
  return /^\p{Lu}[\p{L}\p{M}'’-]*(?:(?: | & )[\p{L}\p{M}'’-]+)*$/u.test(name);
}
