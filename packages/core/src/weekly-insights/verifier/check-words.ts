import { stem, words } from "../../text/words.ts";
import { type Grounds, lineOf } from "./evidence.ts";
import { isClaimWord } from "./read-words.ts";
import type { Token } from "./tokens.ts";
import { isAlsoName, isForbidden, isForeign, isNarratorsWord } from "./vocabulary.ts";

export type WordProblem = "forbidden word" | "other language" | "name" | "unknown word" | "copied passage";

/** Runs of so many words out of a note, or out of a title, must stand in quotation marks. */
const MAX_COPIED_FROM_BODY = 4;
const MAX_COPIED_FROM_TITLE = 3;

/**
 * Whether the unquoted words of a sentence stand in its notes and facts, or are the narrator's own. `taken` are tokens
 * of figures and dates, which are checked as such.
 */
export function checkWords(
  tokens: readonly Token[],
  taken: ReadonlySet<number>,
  grounds: Grounds,
): WordProblem | null {
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "word" || taken.has(i)) continue;
    if (isForbidden(token.text)) return "forbidden word";
    if (/^to-dos?$/.test(token.text)) continue; // in two words the second one is Spanish
    const parts = words(token.text);
    if (parts.some((word) => isForeign(word) && !grounds.stems.has(stem(word)))) return "other language";
    const isKnown = (word: string) =>
      isNarratorsWord(word) || isClaimWord(word) || grounds.stems.has(stem(word));
    if (!parts.every(isKnown)) return isCapitalised(token) ? "name" : "unknown word";
  }
  if (!namesOf(tokens, taken).every((name) => grounds.lines.some((line) => line.includes(lineOf(name)))))
    return "name";
  return isCopied(tokens, grounds) ? "copied passage" : null;
}

/**
 * What is written as a name: runs of capitalised words. The first word of a sentence has its capital anyway; it counts
 * where it is no word of the narrator's, or one that is a first name as well.
 */
function namesOf(tokens: readonly Token[], taken: ReadonlySet<number>): string[] {
  const names: string[] = [];
  let run: string[] = [];
  const end = () => {
    if (run.length > 0) names.push(run.join(" "));
    run = [];
  };
  let isFirst = true;
  for (const [i, token] of tokens.entries()) {
    const isName = token.kind === "word" && !taken.has(i) && isCapitalised(token);
    const startsSentence =
      isFirst && (isNarratorsWord(token.text) || isClaimWord(token.text)) && !isAlsoName(token.text);
    const touches = i > 0 && tokens[i - 1]!.end + 1 >= token.start;
    if (!isName || !touches) end();
    if (isName && !startsSentence) run.push(token.text);
    isFirst = /^[.:;?!]$/.test(token.text);
  }
  end();
  return names;
}

function isCapitalised({ written }: Token): boolean {
  return /\p{Lu}/u.test(written);
}

function isCopied(tokens: readonly Token[], grounds: Grounds): boolean {
  const runs: string[][] = [[]];
  for (const [i, token] of tokens.entries()) {
    // Something quoted or named in between ends a run: those are blanked out, and leave a gap.
    const gap = i > 0 && token.start - tokens[i - 1]!.end > 1;
    if (gap) runs.push([]);
    if (token.kind !== "mark") runs.at(-1)!.push(...words(token.text));
  }
  const copies = (run: string[], limit: number, lines: string[]) => {
    for (let i = 0; i + limit < run.length; i++) {
      const piece = run.slice(i, i + limit + 1);
      if (piece.every(isNarratorsWord)) continue; // "there are two of them" stands in many notes
      if (lines.some((line) => line.includes(` ${piece.join(" ")} `))) return true;
    }
    return false;
  };
  return runs.some(
    (run) =>
      copies(run, MAX_COPIED_FROM_BODY, grounds.bodies) || copies(run, MAX_COPIED_FROM_TITLE, grounds.titles),
  );
}
