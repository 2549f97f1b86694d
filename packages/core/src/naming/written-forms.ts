import { fold } from "../text/words.ts";
import { koreanParticleOf } from "./function-words.ts";
import type { ReadNote, Vocabulary } from "./vocabulary.ts";
import { phraseBreak } from "./vocabulary.ts";

const blank = /\s+/g;
export const innerCapital = /\p{Ll}.*\p{Lu}|\p{Lu}.*\p{Lu}|^\p{Ll}+\p{Lu}/u;
const wordPattern = /(?<!['’])[\p{L}\p{N}][\p{L}\p{N}\p{M}_]*/gu;

const pluralShare = 0.5;
/** Longer than nearly every acronym: a word that is shouted, as on a button ("DESCALE"). */
const shouted = /(?<![\p{L}\p{N}])\p{Lu}{6,}(?![\p{L}\p{N}])/gu;

/** Without capitals that only mean emphasis. */
export function unshouted(written: string): string {
  return written.replace(shouted, (word) => word.toLowerCase());
}

/** Counts how often each written form occurs, by the word or phrase that it is a form of. */
export class FormCounts {
  readonly #counts = new Map<string, Map<string, number>>();

  add(key: string, form: string, weight: number): void {
    let forms = this.#counts.get(key);
    if (forms === undefined) {
      forms = new Map();
      this.#counts.set(key, forms);
    }
    forms.set(form, (forms.get(form) ?? 0) + weight);
  }

  /**
   * The commonest form, or its plural where that is nearly as common: topics are "moths", not "moth". In Korean the one
   * without a particle, where it stands anywhere: a topic is "컴포넌트", not "컴포넌트를".
   */
  ofTopic(key: string): string | undefined {
    const commonest = this.commonest(key);
    const forms = this.#counts.get(key);
    if (commonest === undefined || forms === undefined) return undefined;
    const bare = commonest.slice(0, commonest.length - koreanParticleOf(commonest).length);
    if (bare !== commonest && forms.has(bare)) return bare;
    const plural = `${commonest}s`;
    return (forms.get(plural) ?? 0) >= pluralShare * forms.get(commonest)! ? plural : commonest;
  }

  /** The commonest form; of equally common ones the shorter, then the first in code point order. */
  commonest(key: string): string | undefined {
    let best: string | undefined;
    let most = 0;
    for (const [form, count] of this.#counts.get(key) ?? []) {
      if (
        count > most ||
        (count === most &&
          (best === undefined || form.length < best.length || (form.length === best.length && form < best)))
      ) {
        best = form;
        most = count;
      }
    }
    return best;
  }
}

/**
 * The written form of each phrase within one cluster: its commonest one, with the capitals that it mostly has
 * inside sentences; where it never stands there, with those of its words in the account.
 */
export function writtenPhrases(
  phrases: number[][],
  notes: ReadNote[],
  account: FormCounts,
  vocabulary: Vocabulary,
): string[] {
  const byFirst = Map.groupBy(phrases.keys(), (index) => phrases[index]![0]!);
  const forms = new FormCounts();
  const insideSentences = new FormCounts();
  for (const note of notes) {
    for (let at = 0; at < note.words.length; at++) {
      for (const index of byFirst.get(note.words[at]!) ?? []) {
        const phrase = phrases[index]!;
        if (!phrase.every((number, offset) => note.words[at + offset] === number)) continue;
        const written = unshouted(
          note.text.slice(note.starts[at]!, note.ends[at + phrase.length - 1]!).replace(blank, " "),
        );
        const lower = written.toLowerCase();
        forms.add(`${index}`, lower, 1);
        if (at > note.titleLength && note.words[at - 1] !== phraseBreak)
          insideSentences.add(lower, written, 1);
      }
    }
  }
  return phrases.map((phrase, index) => {
    const form = forms.ofTopic(`${index}`) ?? phrase.map((number) => vocabulary.stemOf(number)).join(" ");
    const known = phrase.length > 1 ? insideSentences.commonest(form) : undefined;
    return known ?? form.replace(wordPattern, (word) => account.commonest(fold(word)) ?? word);
  });
}

/** Sentence case: a capital first, unless the word is written with capitals of its own kind (iPhone) or is code. */
export function capitalised(name: string): string {
  const first = name.split(" ", 1)[0]!;
  if (innerCapital.test(first) || /[_\d]/.test(first)) return name;
  return name.charAt(0).toUpperCase() + name.slice(1);
}
