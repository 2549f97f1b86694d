import { setImmediate } from "node:timers/promises";
import { type CountTokens, estimateTokens, loadOpenAiTokenCounter } from "./count-tokens.ts";
import { splitText } from "./split-text.ts";

/** A text as it is sent: an input, or a part of one that is too long. */
export interface InputPart {
  text: string;
  /** At least what the provider counts. */
  tokens: number;
  /** The row of its vector. An input's first part has the input's own row, further parts have rows after all inputs. */
  row: number;
}

export interface InputParts {
  parts: InputPart[];
  /** For each input that was split, the rows and tokens of its parts, by the input's own row. */
  split: Map<number, InputPart[]>;
  /** Inputs without a single character. */
  empty: number[];
  /** Bytes stand for tokens that could be counted. */
  areBytes: boolean;
}

/** Counting so many characters takes up to ten milliseconds; what answers come meanwhile is not to wait for longer. */
const CHARACTERS_BETWEEN_PAUSES = 100_000;

/**
 * Counts the tokens of the inputs and splits those of more than `maxInputTokens`. Lone halves of surrogate pairs, which
 * no provider takes, become U+FFFD.
 *
 * Where the inputs are so few bytes that no count could change a thing (no token is shorter than a byte), the bytes
 * stand for the tokens: most nights then need no tokenizer.
 */
export async function partsOfInputs(
  inputs: readonly string[],
  options: {
    maxInputTokens: number;
    maxRequestTokens: number;
    hasOpenAiTokens: boolean;
    /** Counts of texts that `tokensOfInputs` has counted; each is used once. */
    counted: Map<string, number>;
    signal: AbortSignal;
  },
): Promise<InputParts> {
  const { maxInputTokens, signal } = options;
  const texts = inputs.map((input) => input.toWellFormed());
  const { count, areBytes } = await counterFor(texts, options);
  const parts: InputPart[] = [];
  const split = new Map<number, InputPart[]>();
  const empty: number[] = [];
  let rows = inputs.length;
  let characters = 0;
  for (const [row, text] of texts.entries()) {
    if (text === "") {
      empty.push(row);
      continue;
    }
    characters += text.length;
    if (characters > CHARACTERS_BETWEEN_PAUSES) {
      characters = 0;
      await setImmediate();
      signal.throwIfAborted();
    }
    const tokens = options.counted.get(text) ?? count(text);
    options.counted.delete(text);
    if (tokens <= maxInputTokens) {
      parts.push({ text, tokens, row });
      continue;
    }
    const own = splitText(text, maxInputTokens, count).map((part, i) => ({
      ...part,
      row: i === 0 ? row : rows++,
    }));
    split.set(row, own);
    parts.push(...own);
  }
  return { parts, split, empty, areBytes };
}

/** More than any task holds; counts that nobody came back for go with the rest. */
const MOST_COUNTED = 100_000;

/** The tokens of each input, remembered in `counted` for the call that embeds it. */
export async function tokensOfInputs(
  inputs: readonly string[],
  options: {
    maxInputTokens: number;
    maxRequestTokens: number;
    hasOpenAiTokens: boolean;
    counted: Map<string, number>;
    signal: AbortSignal;
  },
): Promise<number[]> {
  const { counted, signal } = options;
  if (counted.size > MOST_COUNTED) counted.clear();
  const texts = inputs.map((input) => input.toWellFormed());
  const { count } = await counterFor(texts, options);
  const tokens: number[] = [];
  let characters = 0;
  for (const text of texts) {
    characters += text.length;
    if (characters > CHARACTERS_BETWEEN_PAUSES) {
      characters = 0;
      await setImmediate();
      signal.throwIfAborted();
    }
    const found = count(text);
    counted.set(text, found);
    tokens.push(found);
  }
  return tokens;
}

async function counterFor(
  texts: readonly string[],
  options: {
    maxInputTokens: number;
    maxRequestTokens: number;
    hasOpenAiTokens: boolean;
    counted: Map<string, number>;
  },
): Promise<{ count: CountTokens; areBytes: boolean }> {
  if (!options.hasOpenAiTokens) return { count: estimateTokens, areBytes: false };
  let bytes = 0;
  for (const text of texts) {
    if (options.counted.has(text)) continue;
    const length = Buffer.byteLength(text);
    bytes += length;
    if (bytes > options.maxRequestTokens || length > options.maxInputTokens)
      return { count: await loadOpenAiTokenCounter(), areBytes: false };
  }
  return { count: (text) => Buffer.byteLength(text), areBytes: true };
}
