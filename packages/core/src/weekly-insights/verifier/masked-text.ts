import type { Fact } from "../fact.ts";
import { isPlainName } from "../template/words.ts";
import { type Grounds, plainQuotes } from "./evidence.ts";

/** A theme or a note that a sentence names, and where. */
export interface Mention {
  label: string;
  start: number;
  end: number;
}

export interface MaskedText {
  /** The sentence with what it quotes and the themes that it names blanked out, position by position. */
  text: string;
  mentions: Mention[];
  /** What is quoted or named that no claim is about, in plain form, and where. */
  quotes: Named[];
}

/** Something that a sentence names or quotes, in plain form, and where. */
export interface Named {
  said: string;
  start: number;
  end: number;
}

/** All that a sentence names or quotes, in its order. */
export function namedIn({ mentions, quotes }: MaskedText): Named[] {
  const named = mentions.map(({ label, start, end }) => ({ said: plainQuotes(label), start, end }));
  return [...named, ...quotes].sort((a, b) => a.start - b.start);
}

/** What stands between two that are named in one breath: "Bread, Garden and Knee". */
export const oneBreath = /^(?:,? ?(?:and|&)? ?|, )$/;

export type MaskProblem = "quotation" | "unpaired quotation marks" | "uncited theme";

/** Stands for quoted characters and for those of a theme's name: neither a letter nor a figure nor a blank. */
export const QUOTED = "\ue000";
export const NAMED = "\ue001";

const MAX_QUOTED_CHARACTERS = 160;
const pairs =
  /“([^“”]*)”|„([^„“”]*)[“”]|«([^«»]*)»|"([^"]*)"|‘([^‘]*?)’(?!\p{L})|(?<![\p{L}\p{N}])'([^']*(?:\p{L}'\p{L}[^']*)*)'(?!\p{L})/gu;
const leftOver = /[“”„«»"‘]/;
const countedUnit =
  /\d+|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand)\b/i;
const ourUnits =
  /\b(?:notes?|words?|days?|themes?|topics?|weeks?|months?|years?|to-dos?|questions?|links?|percent)\b|%/i;

/**
 * Takes out of a sentence what it quotes and names, after a check that each quotation stands in its notes: what stays
 * is what it claims itself. A quotation that reads like a figure of the week ("500 notes") must be a whole title or
 * to-do, so that nobody can put a count into a note and have it told as one.
 */
export function maskText(
  text: string,
  cited: readonly Fact[],
  grounds: Grounds,
  themeNames: ReadonlySet<string>,
): MaskedText | MaskProblem {
  const mentions: Mention[] = [];
  const quotes: MaskedText["quotes"] = [];
  const labels = new Map(
    cited.flatMap((fact) => (fact.label === undefined ? [] : [[plainQuotes(fact.label), fact.label]])),
  );
  const wholes = new Set([
    ...labels.keys(),
    ...cited.filter((fact) => typeof fact.value === "string").map((fact) => plainQuotes(String(fact.value))),
  ]);
  let masked = text;
  for (const match of text.matchAll(pairs)) {
    const inside = match.slice(1).find((group) => group !== undefined) ?? "";
    const said = plainQuotes(inside).replace(/[,.;:]$/, "");
    const start = match.index;
    const end = start + match[0].length;
    if (!isQuotable(said, inside, grounds, wholes)) return "quotation";
    const label = labels.get(said) ?? labels.get(plainQuotes(inside));
    if (label === undefined) quotes.push({ said, start, end });
    else mentions.push({ label, start, end });
    masked = masked.slice(0, start) + QUOTED.repeat(end - start) + masked.slice(end);
  }
  if (leftOver.test(masked)) return "unpaired quotation marks";
  const citedNames = new Set(
    cited.flatMap((fact) => [fact.label, fact.unit === "theme" ? String(fact.value) : undefined]),
  );
  for (const name of [...themeNames].filter(isPlainName).sort((a, b) => b.length - a.length)) {
    for (let at = indexOfName(masked, name, 0); at >= 0; at = indexOfName(masked, name, at + name.length)) {
      if (!citedNames.has(name)) return "uncited theme";
      const end = at + name.length;
      if (labels.has(plainQuotes(name))) mentions.push({ label: name, start: at, end });
      else quotes.push({ said: plainQuotes(name), start: at, end }); // the theme of a note, which the sentence is about
      masked = masked.slice(0, at) + NAMED.repeat(name.length) + masked.slice(at + name.length);
    }
  }
  return { text: masked, mentions: mentions.sort((a, b) => a.start - b.start), quotes };
}

function isQuotable(said: string, inside: string, grounds: Grounds, wholes: ReadonlySet<string>): boolean {
  if (said === "" || inside.length > MAX_QUOTED_CHARACTERS || /\p{L}|\p{N}/u.test(said) === false)
    return false;
  if (wholes.has(said) || wholes.has(plainQuotes(inside))) return true;
  if (countedUnit.test(said) && ourUnits.test(said)) return false;
  const cut = said.replace(/(?:…|\.\.\.)$/, "").trim();
  return grounds.texts.some((text) => containsWhole(text, cut));
}

/** Whether `part` stands in `text` and does not begin or end within a word. */
function containsWhole(text: string, part: string): boolean {
  if (part === "") return false;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + part.length] ?? " ";
    const joins = (outer: string, inner: string) =>
      /[\p{L}\p{N}]/u.test(outer) && /[\p{L}\p{N}]/u.test(inner);
    if (!joins(before, part[0]!) && !joins(after, part.at(-1)!)) return true;
  }
  return false;
}

function indexOfName(text: string, name: string, from: number): number {
  for (let at = text.indexOf(name, from); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + name.length] ?? " ";
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after) && !isPartOfName(text, at, name))
      return at;
  }
  return -1;
}

/** "Knee" in "Knee Replacement" names something else; "Knee" before "grew" does not. */
function isPartOfName(text: string, at: number, name: string): boolean {
  const after = text.slice(at + name.length);
  return /^ (?:& )?\p{Lu}\p{Ll}/u.test(after);
}
