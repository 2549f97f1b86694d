import { stem, words } from "../../text/words.ts";
import type { Claim } from "./claim.ts";
import type { Grounds } from "./evidence.ts";
import { units } from "./figures.ts";
import type { MaskedText } from "./masked-text.ts";
import { isClaimWord } from "./read-words.ts";
import type { Token } from "./tokens.ts";
import { isFunctionWord, isNarratorsWord } from "./vocabulary.ts";

/**
 * What a sentence says beside its checked part must be checked as well: "Bread took two notes. They came from a friend"
 * and "..., after the move" add a story in the narrator's own words, which any note could bear. So an entry is one
 * sentence, and each of its parts states something: a figure, a date, a direction, something named or quoted, a word
 * out of its notes. Only what has no word of substance ("in all", "this week") needs not to.
 */
export type ClauseProblem = "more than one sentence" | "nothing stated";

const sentenceEnd = /([\p{L}\p{N}\ue000\ue001]*)[.?!…]+[”"’')]*\s+(?=\S)/gu;
const LONGEST_ABBREVIATION = 4;
/** Where another part begins: at a mark, at what joins two clauses, at a word of time with a story behind it. */
const partStart =
  /[,;:—–(]|\b(?:and|but|while|whereas|yet|so|then)\b(?= (?:it|they|these|those|this|that|both|each|others?|some|the|a|an|you|your|there|here)\b)|\b(?:after|until|till|before|once|when|whenever)\b/gi;

export function clauseProblem(
  masked: MaskedText,
  tokens: readonly Token[],
  claims: readonly Claim[],
  grounds: Grounds,
): ClauseProblem | null {
  for (const [end, word = ""] of masked.text.matchAll(sentenceEnd)) {
    if (!isAbbreviation(word, end, grounds)) return "more than one sentence";
  }
  const stated = [
    ...claims,
    ...masked.mentions,
    ...masked.quotes,
    ...tokens.filter((token) => isOfTheNotes(token, grounds)),
  ];
  const starts = [0, ...[...masked.text.matchAll(partStart)].map((match) => match.index)];
  const isStory = starts.some((start, i) => {
    const end = starts[i + 1] ?? masked.text.length;
    const isSubstance = (token: Token) => token.start >= start && token.end <= end && hasSubstance(token);
    return tokens.some(isSubstance) && !stated.some((one) => one.start < end && one.end > start);
  });
  return isStory ? "nothing stated" : null;
}

/** "Mrs. Abernathy", as her note has it. */
function isAbbreviation(word: string, end: string, grounds: Grounds): boolean {
  const said = end.trim().toLowerCase();
  return (
    word.length > 0 &&
    word.length <= LONGEST_ABBREVIATION &&
    grounds.texts.some((text) => text.includes(said))
  );
}

function hasSubstance({ kind, text }: Token): boolean {
  return kind === "word" && !units.has(text) && !words(text).every(isFunctionWord);
}

function isOfTheNotes({ kind, text }: Token, grounds: Grounds): boolean {
  return (
    kind === "word" &&
    words(text).some((word) => !isNarratorsWord(word) && !isClaimWord(word) && grounds.stems.has(stem(word)))
  );
}
