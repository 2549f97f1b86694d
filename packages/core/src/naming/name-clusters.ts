import { plainText } from "../text/plain-text.ts";
import { accountWords } from "./account-words.ts";
import { chooseNames } from "./choose-names.ts";
import { commonPhrases, sharedPhrases } from "./common-phrases.ts";
import { conjunction, countWords, fits, isPlainWord, joined, type WrittenPhrase } from "./compose-name.ts";
import { keyphrasesOf } from "./keyphrases.ts";
import { withoutTemplate } from "./template-lines.ts";
import { type ReadNote, Vocabulary } from "./vocabulary.ts";
import { isPastForm } from "./weak-words.ts";
import { capitalised, writtenPhrases } from "./written-forms.ts";

/** A cluster to be named, with the notes that speak for it. */
export interface ClusterText {
  key: string;
  /** Bodies are Markdown; their first 2,000 characters are read, and of 400 notes at most. */
  notes: { title: string; body: string; isCentral: boolean }[];
  /** How many notes it has, where `notes` are only some of them. */
  size?: number;
  /** A name that stays as it is: the user's own, or last night's of an unchanged cluster. */
  keepName?: string;
}

export interface ClusterName {
  key: string;
  name: string;
  /** Best first, at most 8; empty for a cluster without words. */
  keyphrases: string[];
}

const maxBodyLength = 2000;
const maxTitleLength = 300;
/** More notes of one topic would cost memory and not change its name. */
const maxNotesOfTopic = 400;
/** An area's phrases stand in many of its notes: a sample of each topic shows them. */
const maxNotesOfTopicInArea = 60;
const maxKeyphrases = 8;
const maxWords = 4;
/** Beside a plain word, what else an area's topics share has to be this good. */
const minSharedScore = 0.3;
const wordless = "Notes without words";

/**
 * Names the topics of one account: all of them at once, because a name tells a topic from the others.
 *
 * Each name is one to four words in sentence case and unlike every other, by case, accents, plural and order too.
 * The same input gives the same names, in whatever order clusters and notes come. The method is in `keyphrasesOf`
 * (c-TF-IDF over notes) and `possibleNames`; lines that recur across the account are left out before counting
 * (`withoutTemplate`), and so are code, numbers and dates.
 *
 * @param reserved names that no topic may get: those of areas that keep theirs
 */
export function nameClusters(clusters: ClusterText[], reserved: string[] = []): ClusterName[] {
  const vocabulary = new Vocabulary();
  const inOrder = inKeyOrder(clusters);
  const notes = readNotes(inOrder, maxNotesOfTopic, vocabulary);
  const phrases = phrasesOf([...notes.values()], vocabulary);
  const nameables = inOrder.map((cluster, index) => ({
    ...cluster,
    phrases: phrases[index]!,
    read: notes.get(cluster.key)!.length,
    size: sizeOf(cluster),
    fallbacks: [wordless] satisfies [string],
  }));
  const names = chooseNames(nameables, reserved);
  return inOrderOf(
    clusters,
    inOrder.map(({ key }, index) => ({ key, name: names[index]!, keyphrases: shown(phrases[index]!) })),
  );
}

/**
 * Names the areas over an account's topics, with the guarantees of `nameClusters`. An area of one topic is that topic
 * and is called like it; no other area is named like a topic.
 *
 * A phrase names an area when it stands in notes of several of its topics and no single one dominates it; a plain
 * word takes the next best such phrase with it, because alone it says too little. Where there is none, the leading
 * words of the two largest topics are joined.
 *
 * @param topics every topic of the account; `topicNames` their names, as `nameClusters` gave them
 */
export function nameAreas(
  areas: { key: string; topics: string[]; keepName?: string }[],
  topics: ClusterText[],
  topicNames: ClusterName[],
): ClusterName[] {
  const vocabulary = new Vocabulary();
  const topicNotes = readNotes(inKeyOrder(topics), maxNotesOfTopicInArea, vocabulary);
  const topicSizes = new Map(topics.map((topic) => [topic.key, sizeOf(topic)]));
  const namesByTopic = new Map(topicNames.map((name) => [name.key, name]));
  const inOrder = inKeyOrder(areas).map((area) => ({ ...area, topics: [...area.topics].sort(compare) }));
  const parts = inOrder.map((area) => area.topics.map((key) => topicNotes.get(key) ?? []));
  const phrases = phrasesOf(
    parts.map((lists) => lists.flat()),
    vocabulary,
  );
  const common = phrases.map((list, index) =>
    commonPhrases(
      list,
      parts[index]!.map((part) => part.length),
    ),
  );
  const shared = phrases.map((list, index) =>
    sharedPhrases(
      list.filter(({ isWeak }) => !isWeak),
      parts[index]!.map((part) => part.length),
    ),
  );
  const nameables = inOrder.map((area, index) => ({
    ...area,
    phrases: common[index]!.filter(({ isWeak }) => !isWeak),
    read: parts[index]!.reduce((sum, part) => sum + part.length, 0),
    preferred: withShared(common[index]!, shared[index]!),
    size: area.topics.reduce((sum, key) => sum + (topicSizes.get(key) ?? 0), 0),
    fallbacks: [
      ...withContext(
        common[index]!.filter(({ isWeak }) => !isWeak),
        phrases[index]!,
      ),
      ...joinedNames(area.topics, topicSizes, namesByTopic),
    ] satisfies string[] as [string, ...string[]],
  }));
  const chosen = nameables.filter(({ topics }) => topics.length !== 1);
  const names = chooseNames(
    chosen,
    topicNames.map(({ name }) => name),
  );
  const nameOf = new Map(chosen.map(({ key }, index) => [key, names[index]!]));
  return inOrderOf(
    areas,
    inOrder.map(({ key, topics, keepName }, index) => ({
      key,
      name: nameOf.get(key) ?? keepName ?? namesByTopic.get(topics[0]!)?.name ?? wordless,
      keyphrases: shown([...common[index]!, ...phrases[index]!]),
    })),
  );
}

function sizeOf({ size, notes }: ClusterText): number {
  return size ?? notes.length;
}

/** Sums of fractions depend on their order in the last bit: everything is counted in the order of the keys. */
function inKeyOrder<T extends { key: string }>(clusters: T[]): T[] {
  return [...clusters].sort((a, b) => compare(a.key, b.key));
}

function inOrderOf(clusters: { key: string }[], names: ClusterName[]): ClusterName[] {
  const byKey = new Map(names.map((name) => [name.key, name]));
  return clusters.map(({ key }) => byKey.get(key)!);
}

/** General words are shown only where there is little else. */
function shown(phrases: WrittenPhrase[]): string[] {
  const inOrder = [...phrases.filter(({ isWeak }) => !isWeak), ...phrases.filter(({ isWeak }) => isWeak)];
  return [...new Set(inOrder.map(({ text }) => text))].slice(0, maxKeyphrases);
}

/** Where a plain word is what an area's topics have most in common: that and what else they share. */
function withShared(common: WrittenPhrase[], shared: WrittenPhrase[]): string[] {
  const lead = common.find(({ isWeak }) => !isWeak) ?? shared[0];
  if (lead === undefined || !isPlainWord(lead.text)) return [];
  // "Repo" and "repository", "data" and "database": one says the other again.
  const isShortFor = (a: string, b: string) => a.length >= 4 && b.startsWith(a);
  return shared
    .filter(({ text, score }) => score >= minSharedScore * lead.score && fits(lead.text, text))
    .filter(({ text }) => !isShortFor(lead.text, text) && !isShortFor(text, lead.text))
    .map(({ text }) => joined(lead.text, text));
}

/** A phrase that is common to an area's topics, told apart by what else is good in the area: for when a topic has it. */
function withContext([common]: WrittenPhrase[], phrases: WrittenPhrase[]): string[] {
  if (common === undefined) return [];
  return phrases
    .filter(({ text, isWeak }) => !isWeak && fits(common.text, text))
    .slice(0, 1)
    .map(({ text }) => joined(common.text, text));
}

/** The leading words of an area's topics, two by two, the largest topics first. */
function joinedNames(
  keys: string[],
  sizes: Map<string, number>,
  names: Map<string, ClusterName>,
): [string, ...string[]] {
  const leading = keys
    .flatMap((key) => names.get(key) ?? [])
    .sort((a, b) => sizes.get(b.key)! - sizes.get(a.key)! || (a.key < b.key ? -1 : 1))
    .map(({ name, keyphrases }) => {
      const lead = name.split(conjunction, 1)[0]!;
      // A name begins with a capital because it begins; inside another it is written as the keyphrase is.
      return { lead, inside: keyphrases.find((phrase) => capitalised(phrase) === lead) ?? lead };
    });
  const pairs = leading
    .slice(1)
    .filter(({ inside }) => countWords(inside) + countWords(leading[0]!.lead) <= maxWords)
    .map(({ inside }) => `${leading[0]!.lead}${conjunction}${inside}`);
  const [first = wordless, ...others] = [...pairs, ...leading.map(({ lead }) => lead)];
  return [first, ...others];
}

/** Reads at most `limit` notes of each cluster, central ones first, in an order that does not depend on the input's. */
function readNotes(clusters: ClusterText[], limit: number, vocabulary: Vocabulary): Map<string, ReadNote[]> {
  const notes = clusters.flatMap(({ key, notes }) =>
    [...notes]
      .sort(
        (a, b) =>
          Number(b.isCentral) - Number(a.isCentral) || compare(a.title, b.title) || compare(a.body, b.body),
      )
      .slice(0, limit)
      .map(({ title, body, isCentral }) => {
        // Cut at twice the length before the markup goes, so that one huge note costs no more than the others.
        const text = plainText(body.slice(0, 2 * maxBodyLength)).slice(0, maxBodyLength);
        return { key, title: title.slice(0, maxTitleLength), text, isCentral };
      }),
  );
  const read = new Map<string, ReadNote[]>(clusters.map(({ key }) => [key, []]));
  withoutTemplate(notes).forEach((text, index) => {
    const { key, title, isCentral } = notes[index]!;
    read.get(key)!.push(vocabulary.read(title, text, isCentral));
  });
  return read;
}

/** By code point, not by locale: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function phrasesOf(clusters: ReadNote[][], vocabulary: Vocabulary): WrittenPhrase[][] {
  const account = accountWords(clusters.flat(), vocabulary);
  return keyphrasesOf(clusters, vocabulary, account).map((list, index) => {
    const texts = writtenPhrases(
      list.map(({ words }) => words),
      clusters[index]!,
      account.forms,
      vocabulary,
    );
    return list.map(({ score, notes, isWeak }, place) => {
      const text = texts[place]!;
      return { text, score, notes, isWeak: isWeak || isPastForm(text) };
    });
  });
}
