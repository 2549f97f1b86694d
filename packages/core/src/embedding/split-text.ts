import { type CountTokens, slicesOf } from "./count-tokens.ts";

/** One part of a text, with its tokens. */
export interface TextPart {
  text: string;
  tokens: number;
}

/** With less, a single character may be too long. */
const LEAST_TOKENS = 8;
/** Units that are put together again one by one; shorter ones fill a part better, longer ones are counted faster. */
const LONGEST_SLICE = 256;
/** A UTF-16 unit has at most three UTF-8 bytes, no token is shorter than a byte, and two may stand around a text. */
const TOKENS_PER_UNIT = 3;
const TOKENS_AROUND = 2;

const paragraphs = /.*?(?:\n[^\S\n]*(?:\n\s*|$)|$)/gs;
const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Splits a text into parts of at most `maxTokens` that, put together, are the text again: between paragraphs where
 * these are short enough, else between sentences, else anywhere but inside a surrogate pair. Parts are as long as they
 * can be.
 */
export function splitText(text: string, maxTokens: number, countTokens: CountTokens): TextPart[] {
  if (maxTokens < LEAST_TOKENS) throw new RangeError(`a part needs room for ${LEAST_TOKENS} tokens`);
  const parts: TextPart[] = [];
  let part = { text: "", tokens: 0 };
  const end = () => {
    if (part.text === "") return;
    // Two units may have more tokens together than apart, so what was added up is counted again.
    parts.push(...withinLimit(part.text, maxTokens, countTokens));
    part = { text: "", tokens: 0 };
  };
  for (const { text: unit, tokens } of unitsOf(text, maxTokens, countTokens)) {
    if (part.tokens + tokens > maxTokens) end();
    part.text += unit;
    part.tokens += tokens;
  }
  end();
  return parts;
}

function* unitsOf(text: string, maxTokens: number, countTokens: CountTokens): Generator<TextPart> {
  for (const paragraph of text.match(paragraphs) ?? []) {
    const tokens = countTokens(paragraph);
    if (tokens <= maxTokens) yield { text: paragraph, tokens };
    else yield* sentencesOf(paragraph, maxTokens, countTokens);
  }
}

function* sentencesOf(paragraph: string, maxTokens: number, countTokens: CountTokens): Generator<TextPart> {
  const slice = Math.min(LONGEST_SLICE, Math.floor((maxTokens - TOKENS_AROUND) / TOKENS_PER_UNIT));
  for (const { segment } of sentences.segment(paragraph)) {
    const tokens = countTokens(segment);
    if (tokens <= maxTokens) yield { text: segment, tokens };
    else for (const piece of slicesOf(segment, slice)) yield { text: piece, tokens: countTokens(piece) };
  }
}

function withinLimit(text: string, maxTokens: number, countTokens: CountTokens): TextPart[] {
  const tokens = countTokens(text);
  if (tokens <= maxTokens) return [{ text, tokens }];
  return [...slicesOf(text, Math.ceil(text.length / 2))].flatMap((half) =>
    withinLimit(half, maxTokens, countTokens),
  );
}
