import { setImmediate } from "node:timers/promises";
import { stem, words } from "../text/words.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import { type NoteParts, notePartsOf } from "./note-parts.ts";
import { wordWeight } from "./word-weights.ts";

/** Raised whenever the same text gets another vector, the reading of words included: old vectors are then replaced. */
export const LEXICAL_MODEL = "lexical-2";

/** How often one occurrence in each part of a note counts. A code block's language names the subject. */
const TITLE_COUNT = 2;
const PROSE_COUNT = 1;
const CODE_COUNT = 0.35;
const LANGUAGE_COUNT = 4;
const HOST_COUNT = 1.5;
/** Sublinear term frequency is log(1 + count) to this power: above 1 it favours words that come back. */
const FREQUENCY_POWER = 1.2;

/** Signed positions a feature is spread over: fewer make collisions costly, more fill the vector. */
const POSITIONS = 4;
const SHORTEST_GRAM = 3;
const LONGEST_GRAM = 5;
/** The length of all character n-grams of a word together, against 1 for the word itself. */
const GRAMS_SHARE = 0.8;

const INPUTS_PER_CALL = 500;
const INPUTS_BETWEEN_PAUSES = 256;
/** A word's vector takes about 1 KB: the memory of one call stays below about 20 MB. */
const MAX_REMEMBERED_WORDS = 20_000;

/** The sparse vector of one word: values to add at positions. */
interface WordVector {
  positions: Int32Array;
  values: Float32Array;
}

/**
 * Embeds Markdown notes, given as `title + "\n\n" + body`, by the words in them: no model, no download, no
 * state. The same text gives the same vector on every machine.
 *
 * Signed feature hashing (Weinberger et al. 2009) of word stems and, for words that are only similar, their
 * character n-grams (as in fastText, Bojanowski et al. 2017). A note is the sum of its words' vectors by
 * weight (`wordWeight`) and sublinear frequency, in unit length. Word pairs are left out: they cost 1 to 2 %
 * of V on notes and gave nothing on short texts.
 *
 * If all its words weigh nothing ("to be or not to be", "42"), they count fully. A text without any word
 * lies on an axis of its own that no word uses: similarity 1 to other such texts, 0 to everything else.
 */
export function lexicalEmbedder(dimensions = 512): Embedder {
  if (!Number.isInteger(dimensions) || dimensions < 2) {
    throw new RangeError("the lexical embedder needs a whole number of dimensions, at least 2");
  }
  return {
    provider: "lexical",
    model: LEXICAL_MODEL,
    dimensions,
    leavesMachine: false,
    priceUsd: () => 0,
    // It computes on this thread: a second call at once would only wait for the first.
    callsInFlight: 1,
    async pack(inputs) {
      const calls: number[][] = [];
      for (let i = 0; i < inputs.length; i += INPUTS_PER_CALL) {
        calls.push(Array.from({ length: Math.min(INPUTS_PER_CALL, inputs.length - i) }, (_, k) => i + k));
      }
      return calls;
    },
    async embed(inputs, { signal }): Promise<Embeddings> {
      signal.throwIfAborted();
      const vectors = new Float32Array(inputs.length * dimensions);
      const known = new Map<string, WordVector>();
      for (let i = 0; i < inputs.length; i++) {
        if (i > 0 && i % INPUTS_BETWEEN_PAUSES === 0) {
          await setImmediate();
          signal.throwIfAborted();
        }
        if (known.size > MAX_REMEMBERED_WORDS) known.clear();
        const row = vectors.subarray(i * dimensions, (i + 1) * dimensions);
        addWords(row, weightedStems(notePartsOf(inputs[i]!)), known);
        normalise(row);
      }
      return { vectors, refused: [], tokens: 0, requests: 0, costUsd: 0 };
    },
  };
}

/** The weight of each stem in a note; empty only if the note has no word at all. */
function weightedStems(parts: NoteParts): Map<string, number> {
  const counts = new Map<string, { count: number; weight: number }>();
  const count = (text: string, times: number) => {
    for (const word of words(text)) {
      const key = stem(word);
      const entry = counts.get(key);
      if (entry) entry.count += times;
      else counts.set(key, { count: times, weight: wordWeight(word) });
    }
  };
  count(parts.title, TITLE_COUNT);
  count(parts.prose, PROSE_COUNT);
  count(parts.code, CODE_COUNT);
  for (const language of parts.languages) count(language, LANGUAGE_COUNT);
  for (const host of parts.hosts) count(host, HOST_COUNT);

  const anyWeight = [...counts.values()].some(({ weight }) => weight > 0);
  const weighted = new Map<string, number>();
  for (const [key, { count: times, weight }] of counts) {
    const value = (anyWeight ? weight : 1) * Math.log1p(times) ** FREQUENCY_POWER;
    if (value > 0) weighted.set(key, value);
  }
  return weighted;
}

function addWords(row: Float32Array, stems: Map<string, number>, known: Map<string, WordVector>): void {
  // The last dimension belongs to texts without words.
  const hashed = row.length - 1;
  for (const [word, weight] of stems) {
    let vector = known.get(word);
    if (vector === undefined) {
      vector = wordVector(word, hashed);
      known.set(word, vector);
    }
    const { positions, values } = vector;
    for (let p = 0; p < positions.length; p++) row[positions[p]!]! += values[p]! * weight;
  }
}

function wordVector(word: string, dimensions: number): WordVector {
  const grams = characterGrams(word);
  const positions = new Int32Array((1 + grams.length) * POSITIONS);
  const values = new Float32Array(positions.length);
  const gramLength = GRAMS_SHARE / Math.sqrt(grams.length);
  let filled = 0;
  for (const [feature, length] of [
    [`w${word}`, 1] as const,
    ...grams.map((gram) => [gram, gramLength] as const),
  ]) {
    let hash = hashOf(feature);
    for (let p = 0; p < POSITIONS; p++, filled++) {
      hash = mixed(hash + Math.imul(0x9e3779b9, p + 1));
      positions[filled] = (hash >>> 1) % dimensions;
      values[filled] = ((hash & 1) === 1 ? length : -length) / Math.sqrt(POSITIONS);
    }
  }
  return { positions, values };
}

/** All runs of 3 to 5 characters of "<word>", whose brackets tell beginnings and ends from the middle. */
function characterGrams(word: string): string[] {
  const bounded = `<${word}>`;
  const grams: string[] = [];
  for (let length = SHORTEST_GRAM; length <= LONGEST_GRAM; length++) {
    for (let start = 0; start + length <= bounded.length; start++) {
      grams.push(`c${bounded.slice(start, start + length)}`);
    }
  }
  return grams;
}

/** FNV-1a over UTF-16 code units, then mixed, as FNV's low bits are weak on short keys. */
function hashOf(feature: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < feature.length; i++) hash = Math.imul(hash ^ feature.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

/** The 32-bit finaliser "lowbias32" (Chris Wellons, public domain). */
function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function normalise(row: Float32Array): void {
  let squares = 0;
  for (const value of row) squares += value * value;
  // No words; or, in a vector of very few dimensions, words whose signs cancel out.
  if (squares === 0) {
    row[row.length - 1] = 1;
    return;
  }
  const scale = 1 / Math.sqrt(squares);
  for (let d = 0; d < row.length; d++) row[d]! *= scale;
}
