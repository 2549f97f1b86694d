import { isPlainWord, type WrittenPhrase } from "./compose-name.ts";

/** It stands in a topic when it stands in this share of its notes. */
const minTopicShare = 0.1;
/** And what only a part of the area has, in so many: of a dozen notes two have many a word by chance. */
const minSharedNotes = 3;

/** How much of an area a phrase must stand in to say something of it. */
interface Reach {
  /** The share of the area's notes; a plain word says less and has to stand in more. */
  notes: number;
  notesOfWord: number;
  /** The share of its topics; two in any case. */
  topics: number;
  /** Over how many topics it is spread in effect (the participation ratio of its shares in them). */
  spread: number;
  /** Notes of a topic that it has to stand in, however few the topic has. */
  notesOfTopic: number;
}

const common: Reach = { notes: 0.15, notesOfWord: 0.35, topics: 0.5, spread: 1, notesOfTopic: 1 };
/** What a part of the area has in common, for beside that and for where there is nothing that half of it has. */
const shared: Reach = {
  notes: 0.1,
  notesOfWord: 0.12,
  topics: 0,
  spread: 1.6,
  notesOfTopic: minSharedNotes,
};
/** What the other areas have nearly as often says nothing of this one; of a plain word it has to have twice as much. */
const minOwn = 0.6;
const minOwnOfWord = 2 / 3;

/** What an area's topics have in common, each list with the best first. */
export interface AreaPhrases {
  /** What stands in enough of its notes and in half of its topics. */
  common: WrittenPhrase[];
  /** What at least two of its topics have in common, those included. */
  shared: WrittenPhrase[];
}

/**
 * The phrases that an area's topics have in common and the other areas have less, weighted by how evenly their shares
 * are spread over the topics (the participation ratio, 1 for all alike and 1 / number of topics for one alone).
 *
 * @param sizes the number of notes of each topic, in the order in which the area's notes follow one another
 */
export function phrasesInCommon(phrases: WrittenPhrase[], sizes: number[]): AreaPhrases {
  const own = phrases.filter(
    ({ text, isWeak, own }) => !isWeak && own >= (isPlainWord(text) ? minOwnOfWord : minOwn),
  );
  return { common: phrasesWithin(own, sizes, common), shared: phrasesWithin(own, sizes, shared) };
}

function phrasesWithin(phrases: WrittenPhrase[], sizes: number[], reach: Reach): WrittenPhrase[] {
  const topicOf = sizes.flatMap((size, topic) => new Array<number>(size).fill(topic));
  return phrases
    .map((phrase) => {
      const shares = new Array<number>(sizes.length).fill(0);
      for (const note of phrase.notes) shares[topicOf[note]!]! += 1 / sizes[topicOf[note]!]!;
      const sum = shares.reduce((total, share) => total + share, 0);
      const spread = sum ** 2 / shares.reduce((total, share) => total + share ** 2, 0);
      const topics = shares.filter(
        (share, topic) => share >= minTopicShare && Math.round(share * sizes[topic]!) >= reach.notesOfTopic,
      ).length;
      const isWithin =
        topics >= Math.max(2, reach.topics * sizes.length) &&
        spread >= reach.spread &&
        phrase.notes.length >= (isPlainWord(phrase.text) ? reach.notesOfWord : reach.notes) * topicOf.length;
      return isWithin ? { ...phrase, score: (phrase.score * spread) / sizes.length } : undefined;
    })
    .filter((phrase) => phrase !== undefined)
    .sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
}
