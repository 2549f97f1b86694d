import { fold } from "../text/words.ts";
import { phraseBreak, type ReadNote, type Vocabulary } from "./vocabulary.ts";
import { isPastForm } from "./weak-words.ts";
import { FormCounts, innerCapital, unshouted } from "./written-forms.ts";

/** How an account writes its words. */
export interface AccountWords {
  /** The forms inside sentences, by folded word. */
  forms: FormCounts;
  /** Numbers of the words that are names of products and the like: they have capitals of their own (SQLite, HTML). */
  products: Set<number>;
  /** Numbers of the words that are names of people. */
  people: Set<number>;
  /** Numbers of the words that mostly qualify another ("linear", "verifiable"). */
  adjectives: Set<number>;
}

const lowerCase = /\p{Ll}/u;
/** What people do and things seldom; so is any past form, and "Tom, who". */
const deeds = new Set(
  `said says say asks tells thinks thought wants likes knows knew brought gave came went wrote held sent calls
  loves hates hopes sleeps laughs sits stood sat took got left saw heard who`.split(/\s+/),
);
const personal = /^, who\b/;
/** Who is addressed is a person: "Mrs. Abernathy". */
const honorifics = new Set("mr mrs ms dr prof mme frau herr senhor senhora dona don".split(" "));
const adjectiveEnding = /(?:ic|al|ar|able|ible|ous|ive|ful|less|ary|ent|ant)$/;
/** Of an adjective's mentions, the share that stands right before a content word; of a noun's about a third do. */
const adjectiveShare = 0.55;
const minAdjective = 3;
/** The share of a name's mentions that show a person, and the least number. */
const personalShare = 0.15;
const minPersonal = 2;

/**
 * Reads how an account writes its words where capitals mean something, which is inside sentences; at the start of
 * one and in titles only SQLite and the like count, for their inner capitals.
 *
 * People are found by what they are said to do (English only): who a note mentions is seldom what it is about, and
 * a name stands in many notes.
 */
export function accountWords(notes: ReadNote[], vocabulary: Vocabulary): AccountWords {
  const forms = new FormCounts();
  const capitals = new Float64Array(vocabulary.size);
  const inner = new Float64Array(vocabulary.size);
  const mentions = new Float64Array(vocabulary.size);
  const occurrences = new Float64Array(vocabulary.size);
  const beforeContent = new Float64Array(vocabulary.size);
  const personalMentions = new Float64Array(vocabulary.size);
  for (const { words, starts, ends, titleLength, text } of notes) {
    for (let at = 0; at < words.length; at++) {
      const number = words[at]!;
      if (number === phraseBreak || vocabulary.isStop(number)) continue;
      const next = words[at + 1];
      const nextIsWord = next !== undefined && next !== phraseBreak;
      occurrences[number]!++;
      if (nextIsWord && !vocabulary.isStop(next)) beforeContent[number]!++;
      const insideSentence = at > titleLength && words[at - 1] !== phraseBreak;
      if (!insideSentence && lowerCase.test(text[starts[at]!]!)) continue;
      const written = unshouted(text.slice(starts[at]!, ends[at]!));
      const hasCapital = !lowerCase.test(written[0]!);
      const hasInner = innerCapital.test(written);
      if (hasCapital && !hasInner && at >= titleLength) {
        mentions[number]!++;
        const follows = nextIsWord ? text.slice(starts[at + 1]!, ends[at + 1]!) : "";
        const before = words[at - 1];
        const isAddressed =
          before !== undefined && before !== phraseBreak && honorifics.has(vocabulary.stemOf(before));
        if (
          isAddressed ||
          deeds.has(follows) ||
          isPastForm(follows) ||
          personal.test(text.slice(ends[at]!, ends[at]! + 6))
        )
          personalMentions[number]!++;
      }
      if (!insideSentence && !hasInner) continue;
      forms.add(fold(written), written, insideSentence ? 1 : 0.5);
      capitals[number]! += hasCapital ? 1 : -1;
      inner[number]! += hasInner ? 1 : -1;
    }
  }
  const numbers = Array.from({ length: vocabulary.size }, (_, number) => number);
  const isPerson = (number: number) =>
    capitals[number]! >= 0 &&
    personalMentions[number]! >= Math.max(minPersonal, personalShare * mentions[number]!);
  const isAdjective = (number: number) =>
    occurrences[number]! >= minAdjective &&
    beforeContent[number]! >= adjectiveShare * occurrences[number]! &&
    adjectiveEnding.test(vocabulary.wordOf(number));
  return {
    forms,
    adjectives: new Set(numbers.filter(isAdjective)),
    products: new Set(numbers.filter((number) => inner[number]! > 0)),
    people: new Set(numbers.filter(isPerson)),
  };
}
