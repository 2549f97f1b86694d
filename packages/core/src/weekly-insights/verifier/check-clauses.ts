import { stem, words } from "../../text/words.ts";
import type { Claim } from "./claim.ts";
import type { Grounds } from "./evidence.ts";
import type { MaskedText } from "./masked-text.ts";
import { isClaimWord } from "./read-words.ts";
import type { Token } from "./tokens.ts";
import { isNarratorsWord } from "./vocabulary.ts";

/**
 * What a sentence says beside its checked part must be checked as well: "Bread took two notes. They came from work" and
 * "..., and they came from work" add a story in the narrator's own words, which any note could bear. So an entry is one
 * sentence, and each of its clauses states something: a figure, a date, a direction, something named or quoted, or a
 * word out of its notes.
 */
export type ClauseProblem = "more than one sentence" | "nothing stated";

const sentenceEnd = /([\p{L}\p{N}\ue000\ue001]*)[.?!…]+[”"’')]*\s+(?=\S)/gu;
const LONGEST_ABBREVIATION = 4;
/** Where a clause with a subject of its own begins; a list or a place is a part of the clause it stands in. */
const clauseStart =
  /[;:—–(]|,? \b(?:and|but|while|whereas|yet|so|then)\b(?= (?:it|they|these|those|this|that|both|each|others?|some|the|a|an|you|your|there|here)\b)|, (?=(?:which|who|where|it|they|these|those|both|the (?:rest|others?))\b)/gi;

export function clauseProblem(
  masked: MaskedText,
  tokens: readonly Token[],
  claims: readonly Claim[],
  grounds: Grounds,
): ClauseProblem | null {
  for (const [end, word = ""] of masked.text.matchAll(sentenceEnd)) {
    if (!isAbbreviation(word, end, grounds)) return "more than one sentence";
  }
  const starts = [0, ...[...masked.text.matchAll(clauseStart)].map((match) => match.index)];
  const clauses = starts.map((start, i) => ({ start, end: starts[i + 1] ?? masked.text.length }));
  const stated = [
    ...claims,
    ...masked.mentions,
    ...masked.quotes,
    ...tokens.filter((token) => isOfTheNotes(token, grounds)),
  ];
  const isEmpty = ({ start, end }: { start: number; end: number }) =>
    tokens.some((token) => token.kind !== "mark" && token.start >= start && token.end <= end) &&
    !stated.some((one) => one.start < end && one.end > start);
  return clauses.some(isEmpty) ? "nothing stated" : null;
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

function isOfTheNotes({ kind, text }: Token, grounds: Grounds): boolean {
  return (
    kind === "word" &&
    words(text).some((word) => !isNarratorsWord(word) && !isClaimWord(word) && grounds.stems.has(stem(word)))
  );
}
