import { fold, stem, words } from "../text/words.ts";

/** A keyphrase as it is written, with the places of the cluster's notes that contain it. */
export interface WrittenPhrase {
  text: string;
  score: number;
  notes: number[];
  /** Too general to name anything by itself. */
  isWeak: boolean;
}

const maxWordsOfTwo = 3;
/** A name like "Python" that stands in this share of its notes needs no second part. */
const enoughNameCoverage = 0.6;
/** A plain word ("window") says less. */
const enoughWordCoverage = 0.75;
/** Nor does a phrase, which says more, that stands in this share. */
const enoughPhraseCoverage = 0.3;
/** A second part must be nearly as good, or the name is better without. */
const secondScore = 0.4;
/** A second part must bring this share of the notes that the first does not have. */
const secondCoverage = 0.1;
/** A name is the context of a plain word when it is nearly as good and stands in this share of the notes. */
const contextScore = 0.5;
const contextCoverage = 0.5;
/** Joins the two parts of a name. */
export const conjunction = " & ";
const hasCapital = /\p{Lu}/u;

/** What makes two names alike: neither case, accents, plural nor the order of their parts tells them apart. */
export function nameIdentity(name: string): string {
  return words(name)
    .map((word) => stem(fold(word)))
    .sort()
    .join(" ");
}

/**
 * Possible names of a cluster from its keyphrases (best first), best first: one phrase where it stands in enough
 * of the notes, else two that stand in different ones, three words together; then ever less good ones, for when a
 * better one is taken.
 */
export function* possibleNames(all: WrittenPhrase[], noteCount: number): Generator<string> {
  const strong = all.filter(({ isWeak }) => !isWeak);
  const phrases = strong.length > 0 ? strong : all;
  const [first, ...rest] = phrases;
  if (first === undefined) return;
  const context = isPlainWord(first.text) ? contextOf(first, phrases, noteCount) : undefined;
  const better = context ?? secondParts(first, phrases, secondScore, secondCoverage * noteCount)[0];
  const isEnough = context === undefined && first.notes.length >= enoughCoverage(first.text) * noteCount;
  if (better !== undefined && !isEnough) yield joined(first.text, better.text);
  yield first.text;
  for (const second of secondParts(first, phrases, 0, 0)) yield joined(first.text, second.text);
  for (const { text } of rest) yield text;
  for (const lead of rest)
    for (const second of secondParts(lead, phrases, 0, 0)) yield joined(lead.text, second.text);
}

/** How large a share of its notes a phrase must stand in to need no second part; a plain word says least. */
function enoughCoverage(text: string): number {
  if (countWords(text) > 1) return enoughPhraseCoverage;
  return isPlainWord(text) ? enoughWordCoverage : enoughNameCoverage;
}

/** A single word without a capital of its own. */
export function isPlainWord(text: string): boolean {
  return countWords(text) === 1 && !hasCapital.test(text);
}

/** What a plain word is a part of: "PostgreSQL & index", though no note has only one of the two. */
function contextOf(
  word: WrittenPhrase,
  phrases: WrittenPhrase[],
  noteCount: number,
): WrittenPhrase | undefined {
  return secondParts(word, phrases, contextScore, 0).find(
    ({ text, notes }) => hasCapital.test(text) && notes.length >= contextCoverage * noteCount,
  );
}

/** What may follow `lead` in a name: phrases that are good enough and stand in enough notes without it. */
function secondParts(
  lead: WrittenPhrase,
  phrases: WrittenPhrase[],
  minScore: number,
  minNotes: number,
): WrittenPhrase[] {
  const covered = new Set(lead.notes);
  return phrases.filter(
    (other) =>
      other !== lead &&
      other.score >= minScore * lead.score &&
      other.notes.filter((note) => !covered.has(note)).length >= minNotes &&
      fits(lead.text, other.text),
  );
}

/** What has a capital of its own leads: "PostgreSQL & tables". */
function joined(first: string, second: string): string {
  const [a, b] = !hasCapital.test(first) && hasCapital.test(second) ? [second, first] : [first, second];
  return `${a}${conjunction}${b}`;
}

export function countWords(text: string): number {
  return text.split(" ").length;
}

function fits(a: string, b: string): boolean {
  if (countWords(a) + countWords(b) > maxWordsOfTwo) return false;
  const known = words(a);
  return !words(b).some((word) => known.some((other) => isOneFamily(word, other)));
}

/** "Conscious" and "consciousness", "SQLite" and "sqlite3", "JavaScript" and "js": the second says the first again. */
function isOneFamily(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  let common = 0;
  while (common < short.length && short[common] === long[common]) common++;
  if (stem(a) === stem(b) || (common >= 3 && common >= 0.75 * short.length)) return true;
  return short.length <= 3 && short[0] === long[0] && isSubsequence(short, long);
}

function isSubsequence(short: string, long: string): boolean {
  let found = 0;
  for (const letter of long) if (letter === short[found]) found++;
  return found === short.length;
}
