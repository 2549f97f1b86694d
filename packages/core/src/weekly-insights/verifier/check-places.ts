import type { Fact } from "../fact.ts";
import { plainQuotes } from "./evidence.ts";
import type { MaskedText } from "./masked-text.ts";

/** What stands in something else, or what something else stands in, as a sentence quotes or names it. */
interface Named {
  said: string;
  start: number;
  end: number;
}

const placing = /\b(?:in|on|among|to|under|within|from|of|with)\b/;

/**
 * Whether each quoted to-do, question and title is told of where it stands. A to-do that is quoted beside titles must
 * stand next to its own note's; a title before its theme must be put into it: “Headcut” does not hold “Brook”.
 */
export function areInPlace(
  { text, mentions, quotes }: MaskedText,
  facts: readonly Fact[],
  themeNames: ReadonlySet<string>,
): boolean {
  const items = facts.filter(
    ({ unit, label, value }) => unit === "text" && label !== undefined && value !== label,
  );
  const themeTitles = facts.filter(({ unit, label, value }) => unit === "title" && value !== label);
  const named: Named[] = [
    ...mentions.map(({ label, start, end }) => ({ said: plainQuotes(label), start, end })),
    ...quotes,
  ].sort((a, b) => a.start - b.start);
  const themes = new Set([...themeNames].map(plainQuotes));
  const isOneOf = (some: readonly Fact[], { said }: Named) =>
    some.filter(({ value }) => plainQuotes(String(value)) === said);
  const isTitle = (one: Named) =>
    !themes.has(one.said) && isOneOf(items, one).length === 0 && one.said !== "";
  return named.every((one, i) => {
    const own = isOneOf(items, one);
    if (own.length > 0) {
      const near = [named.slice(0, i).findLast(isTitle), named.slice(i + 1).find(isTitle)];
      const beside = near.filter((title) => title !== undefined);
      return (
        beside.length === 0 ||
        own.some(({ label }) => beside.some((title) => title.said === plainQuotes(label!)))
      );
    }
    const titled = isOneOf(themeTitles, one);
    if (titled.length === 0 || named.slice(0, i).some(({ said }) => themes.has(said))) return true;
    const theme = named.slice(i + 1).find(({ said }) => themes.has(said));
    return theme === undefined || placing.test(text.slice(one.end, theme.start));
  });
}
