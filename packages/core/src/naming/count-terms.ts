import { phraseBreak, type ReadNote, type Vocabulary } from "./vocabulary.ts";

/** A word or phrase in the notes of one cluster. */
export interface TermCount {
  /** Word numbers of the vocabulary, as they follow one another. */
  words: number[];
  /** The cluster's notes that contain it, by their place in the cluster, ascending. */
  notes: number[];
  /** Those notes' weights added up. */
  weight: number;
}

export interface ClusterTerms {
  /** Its number of notes. */
  size: number;
  /** The weights of all notes added up, were each to contain a term in its body. */
  weight: number;
  /** The number of notes in which a term of this cluster has to stand. */
  minNotes: number;
  /** By term number, which is the same in all clusters. */
  terms: Map<number, TermCount>;
}

/** A title is the author's own summary: a word there weighs as much as in three bodies. */
const titleWeight = 3;
/** A cluster's centre says better what it is about than its edge. */
const centralWeight = 2;
/** What may stand between two words of a phrase: "state of mind", "Ruby on Rails", "mise en place". */
const connectors = new Set(
  "of in on to for and with de du des d la el del do da di en et y e und von der".split(" "),
);

/**
 * Counts, for each cluster, the notes that contain each word and each phrase of two or three words. Stop words are
 * not counted, except inside a phrase of three as its connector; phrases only where each word of them recurs.
 */
export function countTerms(clusters: ReadNote[][], vocabulary: Vocabulary): ClusterTerms[] {
  const phraseNumbers = new Map<number, number>();
  /** One word's term number is its own; a phrase's comes from that of its beginning and its last word. */
  const phraseNumber = (beginning: number, last: number) => {
    const key = beginning * vocabulary.size + last;
    let number = phraseNumbers.get(key);
    if (number === undefined) {
      number = vocabulary.size + phraseNumbers.size;
      phraseNumbers.set(key, number);
    }
    return number;
  };
  const isContent = (number: number | undefined): number is number =>
    number !== undefined && number !== phraseBreak && !vocabulary.isStop(number);
  const isConnector = (number: number | undefined): number is number =>
    number !== undefined && number !== phraseBreak && connectors.has(vocabulary.stemOf(number));

  return clusters.map((notes) => {
    // A cluster of one or two notes has nothing that recurs.
    const minNotes = notes.length <= 2 ? 1 : notes.length < 10 ? 2 : 3;
    const terms = new Map<number, TermCount>();
    const noteWeights = notes.map(({ isCentral }) => (isCentral ? centralWeight : 1));
    const add = (term: number, words: number[], note: number, inTitle: boolean) => {
      let count = terms.get(term);
      if (count === undefined) {
        count = { words, notes: [], weight: 0 };
        terms.set(term, count);
      }
      // The title's words come first: a term of both is counted there, with the title's weight.
      if (count.notes.at(-1) === note) return;
      count.notes.push(note);
      count.weight += noteWeights[note]! * (inTitle ? titleWeight : 1);
    };
    notes.forEach(({ words, titleLength }, note) => {
      for (let at = 0; at < words.length; at++) {
        const number = words[at]!;
        if (isContent(number)) add(number, [number], note, at < titleLength);
      }
    });
    const recurs = (number: number) => terms.get(number)!.notes.length >= minNotes;
    notes.forEach(({ words, titleLength }, note) => {
      for (let at = 0; at + 1 < words.length; at++) {
        const [a, b, c] = [words[at]!, words[at + 1]!, words[at + 2]];
        if (!isContent(a) || !recurs(a)) continue;
        const isPair = isContent(b) && recurs(b) && a !== b;
        if (isPair) add(phraseNumber(a, b), [a, b], note, at < titleLength);
        if (!isContent(c) || !recurs(c) || c === a || c === b) continue;
        if (isPair || isConnector(b))
          add(phraseNumber(phraseNumber(a, b), c), [a, b, c], note, at < titleLength);
      }
    });
    return {
      weight: noteWeights.reduce((sum, weight) => sum + weight, 0),
      minNotes,
      terms,
      size: notes.length,
    };
  });
}
