import { type Language, stopWordsOf } from "../text/stop-words.ts";
import { fold } from "../text/words.ts";
import { phraseBreak, type ReadNote, type Vocabulary } from "./vocabulary.ts";

const apostrophe = /['’]/;
const hangul = /\p{Script=Hangul}/u;

const languagesOfStopWord = new Map<string, Language[]>();
for (const [language, list] of Object.entries(stopWordsOf) as [Language, readonly string[]][]) {
  for (const word of new Set(list.map((one) => fold(one).replace(apostrophe, "")))) {
    languagesOfStopWord.set(word, [...(languagesOfStopWord.get(word) ?? []), language]);
  }
}

/**
 * The language that most of an account is written in, by its function words and, for Korean, its script;
 * English where nothing tells.
 */
export function languageOf(notes: Iterable<ReadNote>, vocabulary: Vocabulary): Language {
  const occurrences = new Float64Array(vocabulary.size);
  for (const { words } of notes)
    for (const number of words) if (number !== phraseBreak) occurrences[number]!++;
  const said = new Map<Language, number>([["en", 0]]);
  for (const [number, times] of occurrences.entries()) {
    for (const language of languagesOf(vocabulary.stemOf(number), vocabulary.isStop(number)))
      said.set(language, (said.get(language) ?? 0) + times);
  }
  return [...said].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function languagesOf(stem: string, isStop: boolean): readonly Language[] {
  if (hangul.test(stem)) return ["ko"];
  return isStop ? (languagesOfStopWord.get(stem) ?? []) : [];
}
