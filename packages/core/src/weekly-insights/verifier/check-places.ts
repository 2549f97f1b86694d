import type { Fact } from "../fact.ts";
import type { Claim } from "./claim.ts";
import { plainQuotes } from "./evidence.ts";
import { type MaskedText, type Named, namedIn } from "./masked-text.ts";

const placing = /\b(?:in|on|among|to|under|within|from|of|with)\b/;

/**
 * Whether each quoted to-do, question and title is told of where it stands. A to-do that is quoted beside titles must
 * stand next to its own note's; a title before its theme must be put into it: “Headcut” does not hold “Brook”.
 */
export function areInPlace(
  masked: MaskedText,
  claims: readonly Claim[],
  facts: readonly Fact[],
  themeNames: ReadonlySet<string>,
): boolean {
  const items = facts.filter(
    ({ unit, label, value }) => unit === "text" && label !== undefined && value !== label,
  );
  const themeTitles = facts.filter(({ unit, label, value }) => unit === "title" && value !== label);
  const named = namedIn(masked);
  const themes = new Set([...themeNames].map(plainQuotes));
  const isOneOf = (some: readonly Fact[], { said }: Named) =>
    some.filter(({ value }) => plainQuotes(String(value)) === said);
  const isTitle = (one: Named) =>
    !themes.has(one.said) && isOneOf(items, one).length === 0 && one.said !== "";
  return named.every((one, i) => {
    const own = isOneOf(items, one);
    if (own.length > 0) {
      if (!isInItsState(masked, one, own, claims)) return false;
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
    return theme === undefined || placing.test(masked.text.slice(one.end, theme.start));
  });
}

/** What is told as open in the clause that quotes it is open; what is told as closed is closed. */
function isInItsState(
  { text }: MaskedText,
  one: Named,
  own: readonly Fact[],
  claims: readonly Claim[],
): boolean {
  return claims.every((claim) => {
    if (!claim.says?.includes("open") && !claim.says?.includes("closed")) return true;
    const between =
      claim.end <= one.start ? text.slice(claim.end, one.start) : text.slice(one.end, claim.start);
    return /[;.]|\b(?:and|but|while|whereas)\b/.test(between) || own.some(claim.bears);
  });
}
