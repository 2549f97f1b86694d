import { languageOf } from "./account-language.ts";
import { chooseNames } from "./choose-names.ts";
import { possibleNames } from "./compose-name.ts";
import {
  type ClusterName,
  type ClusterText,
  inKeyOrder,
  inOrderOf,
  phrasesOf,
  readNotes,
  shown,
  sizeOf,
  wordless,
} from "./read-clusters.ts";

/** More notes of one topic would cost memory and not change its name. */
const maxNotesOfTopic = 400;

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
  const inOrder = inKeyOrder(clusters);
  const { read: notes, vocabulary } = readNotes(inOrder, maxNotesOfTopic);
  const phrases = phrasesOf([...notes.values()], vocabulary);
  const language = languageOf([...notes.values()].flat(), vocabulary);
  const nameables = inOrder.map((cluster, index) => ({
    ...cluster,
    names: possibleNames(phrases[index]!, notes.get(cluster.key)!.length, language),
    size: sizeOf(cluster),
    fallback: shown(phrases[index]!)[0] ?? wordless,
  }));
  const names = chooseNames(nameables, reserved);
  return inOrderOf(
    clusters,
    inOrder.map(({ key }, index) => ({ key, name: names[index]!, keyphrases: shown(phrases[index]!) })),
  );
}
