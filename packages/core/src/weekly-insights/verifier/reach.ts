import { type Named, oneBreath } from "./masked-text.ts";

const clauseEnd = /[,;:.—–]|\b(?:and|but|while|whereas)\b/;
/** Before "..., which recalls" and "... and it links to" stands their subject. */
const subjectEnd = /[;.—–]|\b(?:but|while|whereas)\b/;

/** What can be reached from a word, the nearest first, without leaving its clause; "A, B and C" is one breath. */
export function reached(text: string, from: number, outwards: readonly Named[]): Named[] {
  const found: Named[] = [];
  for (const one of outwards) {
    const last = found.at(-1) ?? { start: from, end: from };
    const isBefore = one.end <= last.start;
    const gap = isBefore ? text.slice(one.end, last.start) : text.slice(last.end, one.start);
    const isFirst = found.length === 0;
    const ends = isFirst && isBefore ? subjectEnd : clauseEnd;
    if (ends.test(gap) && (isFirst || !oneBreath.test(gap))) break;
    found.push(one);
  }
  return found;
}
