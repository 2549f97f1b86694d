import { isPlainWord, type WrittenPhrase } from "./compose-name.ts";

/** A phrase or a name says something of an area from this share of its notes on, a plain word from a larger one. */
const minShare = 0.15;
const minWordShare = 0.35;
/** It is common to the area's topics when it stands in this share of the notes of at least half of them. */
const minTopicShare = 0.12;

/**
 * The phrases that an area's topics have in common, best first: those that stand in enough of its notes and in half
 * of its topics (two at least), weighted by how evenly their shares are spread over the topics (the participation
 * ratio, 1 for all alike and 1 / number of topics for one alone). An area of one topic keeps its phrases as they are.
 *
 * @param sizes the number of notes of each topic, in the order in which the area's notes follow one another
 */
export function commonPhrases(phrases: WrittenPhrase[], sizes: number[]): WrittenPhrase[] {
  if (sizes.length < 2) return phrases;
  const topicOf = sizes.flatMap((size, topic) => new Array<number>(size).fill(topic));
  return phrases
    .map((phrase) => {
      const shares = new Array<number>(sizes.length).fill(0);
      for (const note of phrase.notes) shares[topicOf[note]!]! += 1 / sizes[topicOf[note]!]!;
      const sum = shares.reduce((total, share) => total + share, 0);
      const evenness = sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
      const topics = shares.filter((share) => share >= minTopicShare).length;
      const isCommon =
        topics >= Math.max(2, sizes.length / 2) &&
        phrase.notes.length >= (isPlainWord(phrase.text) ? minWordShare : minShare) * topicOf.length;
      return isCommon ? { ...phrase, score: phrase.score * evenness } : undefined;
    })
    .filter((phrase) => phrase !== undefined)
    .sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1));
}
