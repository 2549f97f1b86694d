import { isStopWord, stem, words } from "../text/words.ts";

const LONGEST = 80;
/** Words that say nothing but how a stack is meant; a title may use them whatever its facts are. */
const PLAIN = new Set(
  words(
    `new back again open loose end finish unfinished revisit return pick up grow growing busy lately recent recently
    week month old older note theme topic idea thread time look still wait waiting question to-do begin begun start
    started first same twice copy duplicate merge compare before once more momentum keep come coming here there worth
    reading read continue resume forgotten remember past earlier now today something thought work going on`,
  ).map(stem),
);
const MARKUP = /[[\](){}<>*_`#|\\@]|https?:|www\.|\/\//u;

/**
 * A title that a model worded, if it may be shown; else null. Every word of it must stand in the facts it was given, be
 * one of a few plain ones or a mere function word: so no name and no number can be in it that is not in them.
 */
export function checkedTitle(title: string, material: readonly string[]): string | null {
  const trimmed = title.trim().replace(/[.\s]+$/u, "");
  if (trimmed === "" || trimmed.length > LONGEST || /[\n\r\p{Cc}]/u.test(trimmed) || MARKUP.test(trimmed))
    return null;
  const given = new Set(words(material.join("\n")).flatMap((word) => [word, stem(word)]));
  const own = words(trimmed);
  if (own.length < 2) return null;
  const isAllowed = (word: string) =>
    given.has(word) ||
    (!/\d/.test(word) && (given.has(stem(word)) || isStopWord(word) || PLAIN.has(stem(word))));
  return own.every(isAllowed) ? trimmed : null;
}
