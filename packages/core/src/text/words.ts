import { stemmer } from "stemmer";
import { stopWordList } from "./stop-words.ts";

const ascii = /^[\0-\x7f]*$/;
const accents = /[\u0300-\u036f]/g;
/** A run of letters and digits, with the signs that make c++, c# and f# other words than c and f. */
const asciiWord = /[a-z]\+\+|[a-z]#(?![a-z0-9])|[a-z0-9]+(?:'[a-z]+)?/g;
const anyWord =
  /[a-z]\+\+(?![\p{L}\p{N}])|[a-z]#(?![\p{L}\p{N}])|[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{M}]+)?/gu;
const possessive = /['’]s$/i;
const apostrophe = /['’]/;
/** French and Italian write an article or pronoun into the word: "l'arrosage", "d'eau", "dell'orto". */
const elision = /^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|dell|all|nell|sull|dall)['’](?=\p{L}{2})/iu;
/** Scripts that are written without spaces: a run of them holds several words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]/u;
/** The locale is fixed so that two machines split alike; ICU's dictionaries serve every script whatever it is. */
const segmenter = new Intl.Segmenter("ja", { granularity: "word" });

/**
 * Lower case without accents, the form in which words are compared.
 *
 * Compatibility forms are taken apart (NFKD), combining accents go, and the rest is put together again, so that
 * Hangul syllables and voiced kana, which NFKD also splits, stay whole.
 */
export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  // Lower case comes after the compatibility forms, some of which are capitals (𝐀), and before the accents go (İ).
  return text.normalize("NFKD").toLowerCase().replace(accents, "").normalize("NFC");
}

/**
 * The words of a text in order, folded: runs of letters and digits, and c++, c#, f#.
 *
 * A possessive 's and an elided article (l'eau) are dropped, other apostrophes join ("don't" is "dont"), hyphens and
 * underscores separate.
 * Chinese, Japanese, Thai, Khmer and Lao are split by dictionary. Linear in the text's length.
 */
export function words(text: string): string[] {
  const folded = fold(text);
  const found: string[] = [];
  for (const match of folded.matchAll(ascii.test(folded) ? asciiWord : anyWord)) {
    const run = match[0];
    if (unspaced.test(run)) {
      for (const part of segmenter.segment(run)) if (part.isWordLike) found.push(part.segment);
    } else {
      found.push(apostrophe.test(run) ? bareWord(run).replace(apostrophe, "") : run);
    }
  }
  return found;
}

/** A word as written without a possessive 's behind it and an elided word before it. */
export function bareWord(written: string): string {
  return written.slice(elidedLength(written)).replace(possessive, "");
}

/** How many characters of a word as written are an elided word before it. */
export function elidedLength(written: string): number {
  return elision.exec(written)?.[0].length ?? 0;
}

const stems = new Map<string, string>();
/** Notes rarely hold more distinct words than this; past it the memory starts again instead of growing. */
const maxStems = 50_000;
const plainLatin = /^[a-z]{4,40}$/;

/**
 * The Porter stem of a folded word (Porter 1980, npm stemmer).
 *
 * Words of three letters or fewer, words with a digit or sign, and other scripts are their own stem: Porter's
 * rules would only cut them wrongly.
 */
export function stem(word: string): string {
  if (!plainLatin.test(word)) return word;
  let known = stems.get(word);
  if (known === undefined) {
    known = stemmer(word);
    if (stems.size >= maxStems) stems.clear();
    stems.set(word, known);
  }
  return known;
}

const stopWords = new Set(stopWordList.map((word) => fold(word).replace(apostrophe, "")));

/** One hiragana by itself is a particle or an ending that the dictionary has split off. */
const particle = /^\p{Script=Hiragana}$/u;

/**
 * Whether a word (as `words` gives it) says nothing about a subject: English, German, French, Spanish, Portuguese,
 * Japanese, Chinese.
 */
export function isStopWord(word: string): boolean {
  return stopWords.has(word) || particle.test(word);
}
