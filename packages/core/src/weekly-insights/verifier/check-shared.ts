import type { Fact } from "../fact.ts";
import { groundsOf, type NoteText, plainQuotes } from "./evidence.ts";
import type { MaskedText } from "./masked-text.ts";
import type { Token } from "./tokens.ts";

const sharing = /^(?:both|each|either|shares?|shared|sharing|common|alike|overlap(?:s|ped|ping)?)$/;

/**
 * Whether a quotation that is told as shared stands in every note that the sentence names as its ground, of which there
 * must be two at least: a quotation stands in one of its notes, and "both have “north wall”" says more. The words that
 * an echo was found by are shared, and a theme's name is no quotation.
 */
export function areShared(
  tokens: readonly Token[],
  { quotes }: MaskedText,
  facts: readonly Fact[],
  notes: readonly NoteText[],
): boolean {
  if (!tokens.some(({ text }) => sharing.test(text))) return true;
  const given = new Set(
    facts
      .filter(({ says, unit }) => unit === "theme" || says.includes("echo"))
      .map(({ value }) => plainQuotes(String(value))),
  );
  const texts = notes.map((note) => groundsOf([], [note]).texts);
  return quotes.every(
    ({ said }) =>
      given.has(said) ||
      (texts.length > 1 && texts.every((lines) => lines.some((line) => line.includes(said)))),
  );
}
