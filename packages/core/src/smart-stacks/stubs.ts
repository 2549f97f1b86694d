/** A stub is far shorter than what the user writes otherwise; who writes short notes leaves no stubs. */
export const STUB_WORDS = 12;
const USUAL_WORDS = 60;

/** Words of a body, counted no further than stubs need. */
export function wordsForStubs(body: string): number {
  return body.split(/\s+/u, USUAL_WORDS * 4).filter(Boolean).length;
}

/** Says of a note's length whether it is a stub among notes of these lengths. */
export function stubs(lengths: readonly number[]): (words: number) => boolean {
  const usual = lengths.toSorted((a, b) => a - b)[lengths.length >> 1] ?? 0;
  return (words) => usual >= USUAL_WORDS && words < STUB_WORDS;
}
