import type { Language } from "../text/stop-words.ts";
import { fold, stem, words } from "../text/words.ts";

/** A keyphrase as it is written, with the places of the cluster's notes that contain it. */
export interface WrittenPhrase {
  text: string;
  score: number;
  notes: number[];
  /** Too general to name anything by itself. */
  isWeak: boolean;
  /** How much of it is this cluster's own (see Keyphrase). */
  own: number;
}

const maxWordsOfTwo = 3;
const maxWordsOfThree = 4;
/** What a word may have beside three quarters of another one: "consciousness" is of the family of "conscious". */
const maxEnding = 4;
/** A word that begins with all of one so long is what that is short for: "repository", "database". */
const minShortForm = 4;
/** A name like "Python" that stands in this share of its notes needs no second part. */
const enoughNameCoverage = 0.6;
/** A plain word ("window") says less. */
const enoughWordCoverage = 0.75;
/** Nor does a phrase, which says more, that stands in this share. */
const enoughPhraseCoverage = 0.3;
/** A second part must be nearly as good, or the name is better without; less good beside one that few notes have. */
const secondScore = 0.75;
const secondScoreOfFew = 0.6;
const fewNotes = 0.25;
/** A second part must bring this share of the notes that the first does not have, unless it is about as good. */
const secondCoverage = 0.15;
const asGood = 0.85;
/** Beside a second part as good as this no first one is enough. */
const equallyGood = 0.9;
/** What fewer notes than these have is not what a cluster is about. */
const minCoverage = 0.1;
const minLeadCoverage = 0.15;
/** What the other clusters have nearly half as often says nothing of this one. */
const minOwn = 0.7;
/** Of a name that is taken, a second part that is this good tells more than that there is more. */
const minTellingScore = 0.15;
/** A name that fewer notes than these have anything of says that there is more; a phrase stands for its words, too. */
const minNameCoverage = 0.3;
/** Two parts are to say what the cluster is about between them. */
const minCoverageOfTwo = 0.4;
const minPhraseNameCoverage = 0.15;
/** A weak phrase names a cluster after all when it is this good in spite of it and stands in most of the notes. */
const weakScore = 0.75;
const weakCoverage = 0.6;
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
 * Possible names of a cluster from its keyphrases (best first), best first: one phrase, or two that are about equally
 * good and stand in different notes, three words together; then ever less good ones, for when a better one is taken.
 */
export function* possibleNames(
  all: WrittenPhrase[],
  noteCount: number,
  language: Language,
): Generator<string> {
  const strong = namingPhrases(all, noteCount);
  const own = strong.filter((phrase) => phrase.own >= minOwn);
  const phrases = own.length > 0 ? own : strong;
  const first = leadOf(phrases, noteCount);
  if (first === undefined) return;
  const rest = phrases.filter((phrase) => phrase !== first);
  const context = isPlainWord(first.text) ? contextOf(first, phrases, noteCount) : undefined;
  const better = context ?? secondPart(first, rest, noteCount);
  const isAlone =
    context === undefined && isEnough(first, noteCount) && (better?.score ?? 0) < equallyGood * first.score;
  const parts = better === undefined || isAlone ? [first] : [first, better];
  const covered = new Set(parts.flatMap(({ notes }) => notes));
  const hasPhrase = parts.some(({ text }) => countWords(text) > 1);
  const ofWords = parts.length > 1 ? minCoverageOfTwo : minNameCoverage;
  if (covered.size < (hasPhrase ? minPhraseNameCoverage : ofWords) * noteCount)
    yield andMore(first.text, language);
  if (parts.length > 1) yield joined(first.text, better!.text);
  yield first.text;
  for (const second of secondParts(first, phrases, secondScore, 0)) yield joined(first.text, second.text);
  for (const { text, score } of rest) if (score >= secondScore * first.score) yield text;
  for (const second of secondParts(first, strong, minTellingScore, 0))
    if (second.notes.length >= minCoverage * noteCount) yield joined(first.text, second.text);
  yield andMore(first.text, language);
  for (const second of secondParts(first, phrases, 0, 0)) yield joined(first.text, second.text);
  for (const { text } of rest) yield text;
  for (const lead of rest)
    for (const second of secondParts(lead, phrases, 0, 0)) yield joined(lead.text, second.text);
  // In a large account all of these may be taken.
  for (const second of secondParts(first, all, 0, 0)) yield joined(first.text, second.text);
  yield* threeTogether(first, all);
}

/** The phrases that may name: the strong ones, and general words that a cluster is plainly about. */
function namingPhrases(all: WrittenPhrase[], noteCount: number): WrittenPhrase[] {
  const best = all.find(({ isWeak }) => !isWeak)?.score;
  if (best === undefined) return all;
  return all.filter(
    ({ isWeak, score, notes }) =>
      !isWeak || (score >= weakScore * best && notes.length >= weakCoverage * noteCount),
  );
}

/** The best phrase, unless it is of a few notes only and one of more is nearly as good. */
function leadOf(phrases: WrittenPhrase[], noteCount: number): WrittenPhrase | undefined {
  const [best] = phrases;
  if (best === undefined) return undefined;
  return (
    phrases.find(
      ({ score, notes }) => notes.length >= minLeadCoverage * noteCount && score >= secondScore * best.score,
    ) ?? best
  );
}

/**
 * What makes a name of two parts better than `first` alone; nothing where the best candidate is too long for it, for
 * then the next one is only next best.
 */
function secondPart(
  first: WrittenPhrase,
  rest: WrittenPhrase[],
  noteCount: number,
): WrittenPhrase | undefined {
  const covered = new Set(first.notes);
  const minScore = first.notes.length < fewNotes * noteCount ? secondScoreOfFew : secondScore;
  const best = rest.find(
    ({ text, score, notes }) =>
      score >= minScore * first.score &&
      notes.length >= minCoverage * noteCount &&
      !isSaidAgain(first.text, text) &&
      (score >= asGood * first.score ||
        notes.filter((note) => !covered.has(note)).length >= secondCoverage * noteCount),
  );
  return best !== undefined && fits(first.text, best.text) ? best : undefined;
}

/** Whether a phrase names its cluster by itself. */
export function isEnough({ text, notes }: WrittenPhrase, noteCount: number): boolean {
  return notes.length >= enoughCoverage(text) * noteCount;
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

/** "Card, work & ruined". */
function* threeTogether(first: WrittenPhrase, phrases: WrittenPhrase[]): Generator<string> {
  const seconds = secondParts(first, phrases, 0, 0);
  for (const [place, second] of seconds.entries())
    for (const third of seconds.slice(place + 1))
      if (
        fits(second.text, third.text) &&
        countWords(`${first.text} ${second.text} ${third.text}`) <= maxWordsOfThree
      )
        yield `${first.text}, ${joined(second.text, third.text)}`;
}

/** What has a capital of its own leads: "PostgreSQL & tables". */
export function joined(first: string, second: string): string {
  const [a, b] = !hasCapital.test(first) && hasCapital.test(second) ? [second, first] : [first, second];
  return `${a}${conjunction}${b}`;
}

/** A name that says that there is more which it does not say. */
export function andMore(text: string, language: Language): string {
  return `${text}${more[language]}`;
}

/** A name without what says that there is more; null where it does not say so. */
export function beforeMore(name: string): string | null {
  const ending = Object.values(more).find((one) => name.endsWith(one));
  return ending === undefined ? null : name.slice(0, -ending.length);
}

const more: Readonly<Record<Language, string>> = {
  en: `${conjunction}more`,
  de: `${conjunction}mehr`,
  fr: `${conjunction}autres`,
  es: `${conjunction}más`,
  pt: `${conjunction}mais`,
  ja: "など",
  zh: "等",
  ko: " 등",
};

const conjunctions = /\s+(?:[&+/]|and|und|et|y|e)\s+|,\s+/u;

/** Whether a name of an area says nothing but what names of its topics, or parts of them, say already. */
export function isStrungTogether(name: string, topicNames: readonly string[]): boolean {
  const partsOf = (text: string) => text.split(conjunctions).map(nameIdentity);
  const known = new Set(topicNames.flatMap(partsOf));
  return partsOf(name).every((part) => known.has(part));
}

function countWords(text: string): number {
  return text.split(" ").length;
}

/** Whether two phrases make one name: three words at most, none of which says another one again. */
export function fits(a: string, b: string): boolean {
  return countWords(a) + countWords(b) <= maxWordsOfTwo && !isSaidAgain(a, b);
}

function isSaidAgain(a: string, b: string): boolean {
  const known = words(a);
  return words(b).some((word) => known.some((other) => isOneFamily(word, other)));
}

/**
 * "Conscious" and "consciousness", "repo" and "repository", "SQLite" and "sqlite3", "JavaScript" and "js": the second
 * says the first again.
 */
function isOneFamily(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  let common = 0;
  while (common < short.length && short[common] === long[common]) common++;
  const isEnding = long.length - common <= maxEnding;
  if (stem(a) === stem(b) || (isEnding && common >= 3 && common >= 0.75 * short.length)) return true;
  if (short.length >= minShortForm && common === short.length) return true;
  return short.length <= 3 && short[0] === long[0] && isSubsequence(short, long);
}

function isSubsequence(short: string, long: string): boolean {
  let found = 0;
  for (const letter of long) if (letter === short[found]) found++;
  return found === short.length;
}
