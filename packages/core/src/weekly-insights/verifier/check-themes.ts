import type { Fact } from "../fact.ts";
import type { Claim } from "./claim.ts";
import { type NoteText, plainQuotes } from "./evidence.ts";
import { type MaskedText, type Named, namedIn, oneBreath } from "./masked-text.ts";

const clauseBreak = /[;.—–]|\b(?:and|but|while|whereas)\b/;

/**
 * Whether each title, to-do and quotation that shares a clause with a theme comes from one of the theme's notes:
 * "Bread includes “Bin two is hot”" says so, and so does "“Bin two is hot”, on Bread, was the longest". The theme is
 * the one named last before it, else the next one. What a relation parts ("“X” ties Bread to Garden", "Bread's “X”
 * echoes “Y”") is held by `areRelated`.
 */
export function areInTheirThemes(
  masked: MaskedText,
  claims: readonly Claim[],
  facts: readonly Fact[],
  notes: ReadonlyMap<string, NoteText>,
  themeNames: ReadonlySet<string>,
): boolean {
  const themes = new Set([...themeNames].map(plainQuotes));
  const named = namedIn(masked);
  const isTheme = ({ said }: Named) => themes.has(said);
  const relations = claims.filter(({ relates }) => relates !== undefined);
  const isParted = (from: number, to: number) =>
    relations.some(({ start, end }) => start >= from && end <= to);
  return named.every((one, i) => {
    if (isTheme(one)) return true;
    const before = named.slice(0, i).findLast(isTheme);
    const after = named.slice(i + 1).find(isTheme);
    const theme =
      before !== undefined && !isBroken(masked.text, named, before, one)
        ? before
        : after !== undefined && !isBroken(masked.text, named, one, after)
          ? after
          : undefined;
    if (theme === undefined) return true;
    const [from, to] = theme.start < one.start ? [theme.end, one.start] : [one.end, theme.start];
    if (isParted(from, to)) return true;
    const ids = notesOfTheme(theme, facts);
    return notesBehind(one, facts, notes).some((id) => ids.has(id));
  });
}

/** Whether a clause ends between two of them; the "and" of "“X” and “Y”" ends none. */
function isBroken(text: string, named: readonly Named[], from: Named, to: Named): boolean {
  const between = named.filter(({ start }) => start > from.start && start <= to.start);
  let at = from.end;
  for (const next of between) {
    const gap = text.slice(at, next.start);
    if (!oneBreath.test(gap) && clauseBreak.test(gap)) return true;
    at = next.end;
  }
  return false;
}

function notesOfTheme({ said }: Named, facts: readonly Fact[]): Set<string> {
  const isOfIt = ({ label, unit, value, says }: Fact) =>
    unit === "theme"
      ? plainQuotes(String(value)) === said && !says.includes("joined")
      : label !== undefined && plainQuotes(label) === said;
  return new Set(facts.filter(isOfIt).flatMap(({ noteIds }) => noteIds));
}

/** The notes that a title or to-do is of, or those in which a quotation stands. */
function notesBehind(
  { said }: Named,
  facts: readonly Fact[],
  notes: ReadonlyMap<string, NoteText>,
): string[] {
  const own = facts.filter(
    ({ unit, value }) => (unit === "title" || unit === "text") && plainQuotes(String(value)) === said,
  );
  if (own.length > 0) return own.flatMap(({ noteIds }) => noteIds);
  return [...notes]
    .filter(([, { title, excerpt }]) =>
      plainQuotes(`${title}\n${excerpt}`).includes(said.replace(/(?:…|\.\.\.)$/, "")),
    )
    .map(([id]) => id);
}
