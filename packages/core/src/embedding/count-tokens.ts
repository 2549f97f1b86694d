import { endOfPiece } from "./cl100k-pieces.ts";
import { PieceCounts } from "./piece-counts.ts";
import { PieceKernel } from "./piece-kernel.ts";

/** The tokens of a text: what a provider counts, or an upper estimate of it. At most its UTF-8 bytes and two more. */
export type CountTokens = (text: string) => number;

/** Longer runs of letters, signs or blanks are counted in pieces: the merge of a run takes the square of its length. */
const LONGEST_RUN = 128;

let counter: Promise<CountTokens> | undefined;

/**
 * The counter of OpenAI's embedding models (byte pair encoding cl100k_base), loaded when it is first asked for: its
 * ranks are 1.2 MB. `<|endoftext|>` and the other special tokens are counted as the plain text they are sent as.
 *
 * Exact, but for runs of more than 128 letters, signs or blanks, which may count slightly too much. A text of 1 MiB
 * takes at most about 2 s, whatever it holds.
 */
export function loadOpenAiTokenCounter(): Promise<CountTokens> {
  counter ??= load();
  return counter;
}

/**
 * gpt-tokenizer does the merging, but the walk over the pieces is ours: the library has no bound for long runs (20,000
 * blanks take it half a second, a million would take an hour), and finding and remembering pieces by hand makes it
 * several times faster.
 */
async function load(): Promise<CountTokens> {
  const { countTokens, setMergeCacheSize } = await import("gpt-tokenizer/encoding/cl100k_base");
  // Its cache would keep slices, and with them whole notes.
  setMergeCacheSize(0);
  const remembered = new PieceCounts();
  const kernel = new PieceKernel();

  return (text) => {
    kernel.begin(text);
    const { units } = kernel;
    // A piece holds letters or signs, never both, so the library never sees a special token.
    const count = (start: number, end: number) => countTokens(text.slice(start, end));
    let tokens = 0;
    for (let start = kernel.walk(0); start < units.length; start = kernel.walk(start)) {
      const end = endOfPiece(units, start);
      if (end - start <= LONGEST_RUN) {
        const counted = remembered.of(units, start, end, count);
        kernel.learn(end, counted);
        tokens += counted;
      } else for (const slice of slicesOf(text.slice(start, end), LONGEST_RUN)) tokens += countTokens(slice);
      start = end;
    }
    return kernel.tokens + tokens;
  };
}

/**
 * An upper estimate for models whose tokenizer is not known: at least two letters of a word go into a token, every
 * digit, sign, line end and further blank is a token of its own, and every byte of other scripts (tokenizers that do not
 * know a character fall back to its bytes). About twice the real count for English prose.
 */
export function estimateTokens(text: string): number {
  let tokens = 2; // The marks that most models put around a text.
  let letters = 0;
  let blank = false;
  const endWord = () => {
    tokens += (letters + 1) >> 1;
    letters = 0;
  };
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const lower = unit | 0x20;
    if (lower >= 0x61 && lower <= 0x7a) {
      letters++;
      blank = false;
      continue;
    }
    endWord();
    if (unit === 0x20) {
      if (blank) tokens++;
      blank = true;
      continue;
    }
    blank = false;
    if (unit < 0x80) tokens++;
    else if (unit < 0x800) tokens += 2;
    // Each half of a surrogate pair stands for two of its four bytes.
    else tokens += unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  endWord();
  return tokens;
}

/** Slices of at most `length` UTF-16 units, none of which ends inside a surrogate pair. */
export function* slicesOf(text: string, length: number): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = Math.min(text.length, start + length);
    const isHigh = end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
    if (isHigh && end - start > 1) end--;
    yield text.slice(start, end);
    start = end;
  }
}
