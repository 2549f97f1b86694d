import { fold, stem, words } from "../../text/words.ts";
import type { Fact } from "../fact.ts";
import type { Week } from "../week.ts";

/** A note as the model was given it. */
export interface NoteText {
  title: string;
  /** Its beginning, as plain text. */
  excerpt: string;
  tags: readonly string[];
}

/** What a section's sentences are held against: exactly what was given for it, nothing that was not. */
export interface Evidence {
  week: Week;
  facts: ReadonlyMap<string, Fact>;
  notes: ReadonlyMap<string, NoteText>;
  /** The names of all themes of the week: to name one is to make a claim about it. */
  themeNames: ReadonlySet<string>;
}

/** The texts of one sentence's notes and facts, in the forms in which they are searched. */
export interface Grounds {
  /** Folded, on one line, words between single blanks, one entry a text; begins and ends with a blank. */
  lines: string[];
  /** As they are written, with plain quotation marks and single blanks. */
  texts: string[];
  stems: Set<string>;
  /** Titles and values of facts, folded like `lines`. */
  titles: string[];
  /** Bodies, folded like `lines`. */
  bodies: string[];
}

export function groundsOf(facts: readonly Fact[], notes: readonly NoteText[]): Grounds {
  const values = facts.flatMap((fact) => [
    ...(typeof fact.value === "string" && fact.unit !== "date" ? [fact.value] : []),
    ...(fact.label === undefined ? [] : [fact.label]),
  ]);
  const titles = [...values, ...notes.map((note) => note.title)];
  const bodies = notes.flatMap((note) => [note.excerpt, note.tags.join(", ")]);
  const all = [...titles, ...bodies];
  return {
    lines: all.map(lineOf),
    texts: all.map(plainQuotes),
    stems: new Set(all.flatMap((text) => words(text)).map(stem)),
    titles: titles.map(lineOf),
    bodies: bodies.map(lineOf),
  };
}

/** " the words of a text ", to find whole words and runs of them in. */
export function lineOf(text: string): string {
  return ` ${words(text).join(" ")} `;
}

const anyQuote = /["“”„«»‘’‚']/g;

/** One form for quotation marks and white space, lower case: what two texts may differ in and still be the same words. */
export function plainQuotes(text: string): string {
  return fold(text.normalize("NFC").replace(anyQuote, "'")).replace(/\s+/g, " ").trim();
}
