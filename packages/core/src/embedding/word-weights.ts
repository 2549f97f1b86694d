import { isStopWord, stem } from "../text/words.ts";
import { codeNoiseWords, everydayWords } from "./common-words.ts";

// Measured with bench/quality.ts on two sets of notes and two of short questions: common words at 0.3 cost
// the short texts more than the notes gain, at 1 it is the other way round.
const COMMON_WORD = 0.55;
const WITH_DIGITS = 0.5;
const SINGLE_LETTER = 0.3;
/** Longer runs are hashes, keys and encoded data; the longest words of German stay below it. */
const LONGEST_WORD = 40;

const common = new Set([...everydayWords, ...codeNoiseWords].map(stem));
const digitsOnly = /^\d+$/;
const someDigit = /\d/;
const asciiLetter = /^[a-z]$/;

/** How much a folded word says about a subject, 0 (nothing) to 1, known from the word alone. */
export function wordWeight(word: string): number {
  if (word.length > LONGEST_WORD || digitsOnly.test(word) || isStopWord(word)) return 0;
  const grade = common.has(stem(word)) ? COMMON_WORD : 1;
  if (someDigit.test(word)) return grade * WITH_DIGITS;
  return asciiLetter.test(word) ? grade * SINGLE_LETTER : grade;
}
