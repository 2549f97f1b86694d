import { bareWord, elidedLength, fold, stem } from "../text/words.ts";
import { datesOrCounts } from "./dates-and-numbers.ts";
import { saysNoSubject } from "./function-words.ts";
import type { KnownWords } from "./known-words.ts";

/** A token that belongs to no phrase: a number, a date, code, the end of a sentence. */
export const phraseBreak = -1;

/** What a note says, as a run of word numbers of one `Vocabulary`, broken where no phrase may pass. */
export interface ReadNote {
  text: string;
  /** Word numbers and `phraseBreak`, in order; the title's come first. */
  words: Int32Array;
  /** Where each word stands in `text`. */
  starts: Int32Array;
  ends: Int32Array;
  /** How many entries of `words` belong to the title. */
  titleLength: number;
  isCentral: boolean;
}

const chunk = /\S+/g;
/** Brackets, quotation marks and the like around a word are no part of it. */
const opening = /^[("'“‘«[„¿¡*]+/;
const ending = /[)"'”’»\],.;:!?…*]+$/;
/** What makes a chunk code rather than language: operators, calls, flags, paths, addresses, private names. */
const code = /[{}<>=\\@$%^~|`;_]|::|\(|\)|\[|\]|^[-./#:]|\/.*\/|\.\w{1,5}\/|\/.*\.\w{1,5}$|:\S/;
/** Their full stop ends no sentence. */
const honorific = /^(?:mrs?|ms|dr|prof|st|mme|hr|fr|sr|sra|dra?)\.$/i;
const word = /\p{L}\+\+|[cCfF]#|[\p{L}\p{N}][\p{L}\p{N}\p{M}_]*(?:['’][\p{L}\p{M}]+)?/gu;
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]/u;
const katakana = /^[\p{Script=Katakana}ー]+$/u;
const segmenter = new Intl.Segmenter("ja", { granularity: "word" });
/** Between two words of one phrase: "pull request", "HEC-RAS", "Node.js", "TCP/IP", "R&D". */
const joint = /^[-.&+‐–]$/;
/** In names, "TCP/IP"; between other words it stands for "or", or is a path: "read/write", "priv/static". */
const jointOfNames = /\p{Lu}\/\p{Lu}/u;
/** Stop words count in a name that is written as one: "Next.js", "one-liner". */
const compound = /^[\p{L}\p{N}]{2,}[.-][\p{L}\p{N}]{2,}$/u;
const startsWithDigit = /^\p{N}/u;
const apostrophe = /['’]/;
const maxWordLength = 30;

/** Numbers for the words of one account: a stem has one number, whatever its written forms. */
export class Vocabulary {
  readonly #byChunk = new Map<string, Int32Array>();
  readonly #byKey = new Map<string, number>();
  readonly #isStop: boolean[] = [];
  readonly #firstWords: string[] = [];
  readonly #stems: string[] = [];
  readonly #known: KnownWords;

  constructor(known: KnownWords) {
    this.#known = known;
  }

  get size(): number {
    return this.#stems.length;
  }

  isStop(number: number): boolean {
    return this.#isStop[number]!;
  }

  /** The stem that a number stands for. */
  stemOf(number: number): string {
    return this.#stems[number]!;
  }

  /** A word of that stem, folded: the first one read. */
  wordOf(number: number): string {
    return this.#firstWords[number]!;
  }

  /** @param asName whether a stop word is part of a name here, as in "Next.js", and so no stop word */
  numberOf(written: string, asName: boolean): number {
    if (written.length > maxWordLength || startsWithDigit.test(written)) return phraseBreak;
    const folded = fold(written).replace(apostrophe, "");
    if (datesOrCounts(written, folded)) return phraseBreak;
    const bare = this.#known.withoutParticle(folded);
    const stop = !asName && (saysNoSubject(folded) || saysNoSubject(bare));
    const key = stop ? folded : stem(bare);
    // A stop word may have another word's stem ("does", "doe"): each has a number of its own.
    const slot = stop ? ` ${key}` : key;
    let number = this.#byKey.get(slot);
    if (number === undefined) {
      number = this.#stems.length;
      this.#byKey.set(slot, number);
      this.#stems.push(key);
      this.#isStop.push(stop);
      this.#firstWords.push(folded);
    }
    return number;
  }

  /** Reads title and body (plain text); what looks like code ends a phrase and is not read. */
  read(title: string, body: string, isCentral: boolean): ReadNote {
    const words: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const add = (number: number, start: number, end: number) => {
      if (number === phraseBreak && (words.length === 0 || words.at(-1) === phraseBreak)) return;
      words.push(number);
      starts.push(start);
      ends.push(end);
    };
    const text = `${title}\n\n${body}`;
    let titleLength = 0;
    let last = 0;
    for (const match of text.matchAll(chunk)) {
      const at = match.index;
      if (last <= title.length && at > title.length) {
        titleLength = words.length;
        add(phraseBreak, at, at);
      }
      if (at - last > 1 || text[last] === "\t") add(phraseBreak, at, at);
      last = at + match[0].length;
      const tokens = this.#tokensOf(match[0]);
      for (let token = 0; token < tokens.length; token += 3) {
        add(tokens[token]!, at + tokens[token + 1]!, at + tokens[token + 2]!);
      }
    }
    if (last <= title.length) titleLength = words.length;
    return {
      text,
      words: Int32Array.from(words),
      starts: Int32Array.from(starts),
      ends: Int32Array.from(ends),
      titleLength,
      isCentral,
    };
  }

  /** What a chunk of text without blanks says; most chunks occur again and again, so each is read once. */
  #tokensOf(chunkText: string): Int32Array {
    const known = this.#byChunk.get(chunkText);
    if (known !== undefined) return known;
    const tokens = Int32Array.from(this.#readChunk(chunkText));
    if (chunkText.length <= maxWordLength) this.#byChunk.set(chunkText, tokens);
    return tokens;
  }

  /** Word number, start and end for each token. */
  #readChunk(chunkText: string): number[] {
    const tokens: number[] = [];
    const before = opening.exec(chunkText)?.[0].length ?? 0;
    const inner = chunkText.slice(before);
    const after = ending.exec(inner)?.[0].length ?? 0;
    const core = after === 0 ? inner : inner.slice(0, -after);
    if (core.length > 2 * maxWordLength || code.test(core)) return [phraseBreak, 0, 0];
    if (before > 0) tokens.push(phraseBreak, 0, 0);
    const isCompound = compound.test(core);
    let last = 0;
    for (const match of core.matchAll(word)) {
      const start = match.index;
      const between = core.slice(last, start);
      const isJoint = joint.test(between) || (between === "/" && jointOfNames.test(core));
      if (start > last && !(last > 0 && isJoint)) tokens.push(phraseBreak, 0, 0);
      last = start + match[0].length;
      if (unspaced.test(match[0])) {
        for (const { segment, index, isWordLike } of this.#segments(match[0])) {
          const number = isWordLike ? this.numberOf(segment, false) : phraseBreak;
          const at = before + start + index;
          tokens.push(number, at, at + segment.length);
        }
      } else {
        const bare = bareWord(match[0]);
        const at = before + start + elidedLength(match[0]);
        tokens.push(this.numberOf(bare, isCompound), at, at + bare.length);
      }
    }
    if ((after > 0 && !honorific.test(inner)) || last < core.length) tokens.push(phraseBreak, 0, 0);
    return tokens;
  }

  /** The words of a text without blanks: as a dictionary has them, but for those in katakana, where it knows too few. */
  *#segments(text: string): Generator<{ segment: string; index: number; isWordLike: boolean }> {
    let run = "";
    for (const { segment, index, isWordLike } of segmenter.segment(text)) {
      if (katakana.test(segment)) {
        run += segment;
        if (index + segment.length < text.length) continue;
      }
      let at = (katakana.test(segment) ? index + segment.length : index) - run.length;
      for (const word of run === "" ? [] : this.#known.katakanaWords(run)) {
        yield { segment: word, index: at, isWordLike: true };
        at += word.length;
      }
      run = "";
      if (!katakana.test(segment)) yield { segment, index, isWordLike: isWordLike === true };
    }
  }
}
