import { plainText } from "../text/plain-text.ts";
import { words } from "../text/words.ts";

export interface ComparedText {
  title: string;
  words: string[];
  /** Runs of three words, by how often each stands there. */
  shingles: Map<string, number>;
}

const RUN = 3;

/** A note's text as it is compared: its words in order, and all runs of three of them (Broder's shingles, 1997). */
export function comparedText({ title, body }: { title: string; body: string }): ComparedText {
  const all = words(plainText(body));
  const shingles = new Map<string, number>();
  for (let i = 0; i + RUN <= all.length; i++) {
    const run = all.slice(i, i + RUN).join(" ");
    shingles.set(run, (shingles.get(run) ?? 0) + 1);
  }
  return { title: words(title).join(" "), words: all, shingles };
}

/** The share of the smaller text's runs of words that stand in the larger one as well, and of all runs. */
export function likeness(a: ComparedText, b: ComparedText): { contained: number; resemblance: number } {
  let shared = 0;
  for (const [run, times] of a.shingles) shared += Math.min(times, b.shingles.get(run) ?? 0);
  const [sizeA, sizeB] = [a.words.length - RUN + 1, b.words.length - RUN + 1];
  if (sizeA < 1 || sizeB < 1) return { contained: 0, resemblance: 0 };
  return { contained: shared / Math.min(sizeA, sizeB), resemblance: shared / (sizeA + sizeB - shared) };
}

/** How many words all texts have in common, each as often as it stands in the one that has it least often. */
export function sharedWords(texts: readonly ComparedText[]): number {
  let common: Map<string, number> | undefined;
  for (const { words: own } of texts) {
    const counts = countsOf(own);
    if (common === undefined) common = counts;
    else for (const [word, times] of common) common.set(word, Math.min(times, counts.get(word) ?? 0));
  }
  return [...(common ?? new Map<string, number>()).values()].reduce((sum, times) => sum + times, 0);
}

/** The words that stand in `text` more often than in the other, in order: what differs. */
export function onlyIn(text: ComparedText, other: ComparedText): string[] {
  const left = countsOf(other.words);
  return text.words.filter((word) => {
    const times = left.get(word) ?? 0;
    left.set(word, times - 1);
    return times <= 0;
  });
}

function countsOf(list: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
