import type { Fact } from "../fact.ts";
import type { Claim } from "./claim.ts";
import { plainQuotes } from "./evidence.ts";
import { type MaskedText, type Named, namedIn } from "./masked-text.ts";
import { reached } from "./reach.ts";

/**
 * Whether both ends of each relation are in it. "“X” recalls “Y”" and "“X” ties Bread to Garden" say something of
 * each that they name, and a fact of X alone would bear out the words. What stands on both sides of the word, in its
 * own clause, must be in a fact that says so.
 */
export function areRelated(
  masked: MaskedText,
  claims: readonly Claim[],
  facts: readonly Fact[],
  themeNames: ReadonlySet<string>,
): boolean {
  const themes = new Set([...themeNames].map(plainQuotes));
  const { text } = masked;
  const named = namedIn(masked);
  return claims.every(({ start, end, relates }) => {
    if (relates === undefined) return true;
    // One note echoes another one; a theme beside them says where they are.
    const isEnd = ({ said }: Named) => relates.says !== "echo" || !themes.has(said);
    const before = reached(text, start, named.filter((one) => one.end <= start).reverse()).filter(isEnd);
    const after = reached(
      text,
      end,
      named.filter((one) => one.start >= end),
    ).filter(isEnd);
    if (before.length === 0 || after.length === 0) return true;
    const both = [...before, ...after].map(({ said }) => said);
    const inIt = facts.filter(({ says }) => says.includes(relates.says));
    const targets = namesIn(inIt.filter(({ says }) => says.includes("target")));
    const others = namesIn(inIt.filter(({ says }) => !says.includes("target")));
    const isIn = (names: ReadonlySet<string>) => (one: Named) => names.has(one.said);
    if (relates.target === undefined) {
      // Nothing is tied to itself; but a note may recall another one of its name.
      return (
        new Set(both).size === both.length && both.every((said) => targets.has(said) || others.has(said))
      );
    }
    const [source, target] = relates.target === "after" ? [before, after] : [after, before];
    return source.every(isIn(others)) && target.every(isIn(targets));
  });
}

function namesIn(facts: readonly Fact[]): Set<string> {
  return new Set(
    facts.flatMap(({ value, label }) => [plainQuotes(String(value)), plainQuotes(label ?? String(value))]),
  );
}
