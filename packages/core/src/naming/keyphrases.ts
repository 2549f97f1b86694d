import type { AccountWords } from "./account-words.ts";
import { type ClusterTerms, countTerms, type TermCount } from "./count-terms.ts";
import { saysNoSubject } from "./function-words.ts";
import type { ReadNote, Vocabulary } from "./vocabulary.ts";
import { isWeakWord } from "./weak-words.ts";

/** A word or phrase that tells a cluster from the others. */
export interface Keyphrase {
  /** Word numbers of the vocabulary, as they follow one another. */
  words: number[];
  /** Larger is better; comparable within one cluster only. */
  score: number;
  /** The cluster's notes that contain it, by their place in the cluster. */
  notes: number[];
  /** Whether all its words are too general to be a subject. */
  isWeak: boolean;
  /** How much of it is this cluster's own: 1/2 where the other clusters have it as often, 1 where only this one has. */
  own: number;
}

/** Below this, words stand side by side by chance (0 is independence, 1 is always together). */
const minNpmi = 0.2;
/** A phrase that stands in this share of a word's notes is what the word means in this cluster. */
const phraseShare = 0.45;
const longerPhraseShare = 0.7;
/** Enough when the phrase is of the two words that say most. */
const bestPhraseShare = 0.3;
/** A phrase that stands in less of its cluster's notes does not speak for its words. */
const minPhraseCoverage = 0.15;
/** Words that are always together mean something of their own, however general each is: "machine learning". */
const ownMeaning = 0.5;
/** What has a name of its own is a better subject than what has none. */
const productWeight = 1.3;
/** Who is mentioned is seldom the subject. */
const personWeight = 0.25;
const weakWeight = 0.2;
/** How much more a term counts that stands in more of the notes, beyond the term frequency itself. */
const coveragePower = 0.55;
/** From here on Chinese, Japanese and Korean begin, where one character may be a word. */
const firstWideCharacter = 0x2e80;
const maxKeyphrases = 24;

/**
 * The keyphrases of each cluster, best first.
 *
 * Scored by class-based TF-IDF (c-TF-IDF: Grootendorst 2022, "BERTopic") with three changes: a cluster's term
 * frequency counts notes, not occurrences, so that one long note cannot speak for all; a term's frequency over all
 * clusters counts each cluster alike, so that the largest does not decide what is common; and the score is
 * multiplied by the part of the term that is this cluster's own. Phrases of two or three words are kept where the
 * words belong together by normalised pointwise mutual information (Bouma 2009).
 */
export function keyphrasesOf(
  clusters: ReadNote[][],
  vocabulary: Vocabulary,
  account: AccountWords,
): Keyphrase[][] {
  const counted = countTerms(clusters, vocabulary);
  const totals = accountTotals(counted);
  const noteCount = clusters.reduce((sum, notes) => sum + notes.length, 0);
  const npmi = association(totals, noteCount, vocabulary);

  /**
   * Stop words that end a compound ("keyword-only"), and single letters: the D of "vitamin D" is a word, the g of
   * "100 g rye" is none.
   */
  const isNoWord = (number: number, words: number[]) => {
    const stem = vocabulary.stemOf(number);
    if (saysNoSubject(stem) || saysNoSubject(vocabulary.wordOf(number))) return number === words.at(-1);
    if (stem.length > 1 || stem.charCodeAt(0) >= firstWideCharacter) return false;
    return (
      words.length === 1 || number !== words.at(-1) || account.forms.commonest(stem) !== stem.toUpperCase()
    );
  };
  const isWeak = (number: number) => account.adjectives.has(number) || isGeneral(vocabulary.stemOf(number));
  const kindOf = (words: number[]) => {
    if (words.some((number) => account.people.has(number))) return personWeight;
    return words.some((number) => account.products.has(number)) ? productWeight : 1;
  };
  const scoresOf = ({ size, weight, terms }: ClusterTerms, minNotes: number) => {
    const scored: Keyphrase[] = [];
    for (const [term, { words, notes, weight: termWeight }] of terms) {
      if (notes.length < minNotes || words.some((number) => isNoWord(number, words))) continue;
      const together = words.length === 1 ? 0 : npmi(term, words);
      if (words.length > 1 && together < minNpmi) continue;
      const total = totals.get(term)!;
      const share = termWeight / weight;
      const elsewhere = clusters.length > 1 ? (total.share - share) / (clusters.length - 1) : 0;
      const own = share / (share + elsewhere);
      const rarity = Math.log(1 + clusters.length / total.coverage);
      const weak = words.every(isWeak) && together < ownMeaning;
      const quality = (1 + together) * kindOf(words) * (weak ? weakWeight : 1);
      const score = share * rarity * own * (notes.length / size) ** coveragePower * quality;
      scored.push({ words, score, notes, isWeak: weak, own });
    }
    return scored;
  };
  return counted.map((cluster) => {
    let scored = scoresOf(cluster, cluster.minNotes);
    // Notes that have no subject in common: then what one of them is about is better than nothing.
    if (!scored.some(({ isWeak }) => !isWeak)) scored = scoresOf(cluster, 1);
    preferPhrases(scored, cluster.size);
    const texts = new Map(
      scored.map(({ words }) => [words, words.map((number) => vocabulary.stemOf(number)).join(" ")]),
    );
    // By text where scores are equal: numbers depend on the order in which the notes were read.
    scored.sort((a, b) => b.score - a.score || (texts.get(a.words)! < texts.get(b.words)! ? -1 : 1));
    return withoutRepetition(scored);
  });
}

function isGeneral(stem: string): boolean {
  return isWeakWord(stem) || saysNoSubject(stem);
}

interface Total {
  notes: number;
  /** The weighted shares of all clusters. */
  share: number;
  /** The parts of their notes that contain it. */
  coverage: number;
}

/** For each term the notes of the account that contain it, and what of each cluster contains it, added up. */
function accountTotals(clusters: ClusterTerms[]): Map<number, Total> {
  const totals = new Map<number, Total>();
  for (const { size, weight, terms } of clusters) {
    for (const [term, count] of terms) {
      const total = totals.get(term) ?? { notes: 0, share: 0, coverage: 0 };
      total.notes += count.notes.length;
      total.share += count.weight / weight;
      total.coverage += count.notes.length / size;
      totals.set(term, total);
    }
  }
  return totals;
}

/** Normalised pointwise mutual information of a phrase's words, over the notes of the account. */
function association(totals: Map<number, Total>, noteCount: number, vocabulary: Vocabulary) {
  const probability = (term: number) => totals.get(term)!.notes / noteCount;
  return (term: number, words: TermCount["words"]): number => {
    const together = probability(term);
    if (together === 1) return 1;
    const parts = words.filter((number) => !vocabulary.isStop(number));
    const apart = parts.reduce((product, number) => product * probability(number), 1);
    return Math.log(together / apart) / (-Math.log(together) * (parts.length - 1));
  };
}

/**
 * A phrase that holds much of a better-scored word's notes, or of a shorter phrase's, takes its place; and so does
 * the phrase that the two best words make together.
 */
function preferPhrases(scored: Keyphrase[], noteCount: number): void {
  const byWords = new Map(scored.map((candidate) => [candidate.words.join(" "), candidate]));
  const best = bestWords(scored, 2);
  // Pairs first, so that a phrase of three inherits from the pair what that has from its words.
  for (const length of [2, 3]) {
    for (const phrase of scored) {
      if (phrase.words.length !== length || phrase.notes.length < minPhraseCoverage * noteCount) continue;
      const [a, b, c] = phrase.words;
      const parts = length === 2 ? [`${a}`, `${b}`] : [`${a} ${b}`, `${b} ${c}`, `${a}`, `${b}`, `${c}`];
      const isOfBest = length === 2 && best.has(a!) && best.has(b!);
      for (const part of parts) {
        const shorter = byWords.get(part);
        if (shorter === undefined || shorter.isWeak) continue;
        const enough =
          shorter.words.length > 1 ? longerPhraseShare : isOfBest ? bestPhraseShare : phraseShare;
        if (phrase.notes.length >= enough * shorter.notes.length)
          phrase.score = Math.max(phrase.score, shorter.score * 1.01);
      }
    }
  }
}

function bestWords(scored: Keyphrase[], count: number): Set<number> {
  const single = scored.filter(({ words, isWeak }) => words.length === 1 && !isWeak);
  return new Set(
    single
      .sort((a, b) => b.score - a.score)
      .slice(0, count)
      .map(({ words }) => words[0]!),
  );
}

/** Drops what says nothing beside a better keyphrase: a word of it, and the third with one word in common. */
function withoutRepetition(scored: Keyphrase[]): Keyphrase[] {
  const kept: Keyphrase[] = [];
  for (const candidate of scored) {
    if (kept.length >= maxKeyphrases) break;
    const related = kept.filter((better) => better.words.some((number) => candidate.words.includes(number)));
    const contained = related.some((better) =>
      candidate.words.every((number) => better.words.includes(number)),
    );
    if (!contained && related.length < 2) kept.push(candidate);
  }
  return kept;
}
