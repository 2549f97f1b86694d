import type { Language } from "../text/stop-words.ts";
import { languageOf } from "./account-language.ts";
import { chooseNames } from "./choose-names.ts";
import { type AreaPhrases, phrasesInCommon } from "./common-phrases.ts";
import {
  andMore,
  beforeMore,
  conjunction,
  fits,
  isEnough,
  isPlainWord,
  isStrungTogether,
  joined,
  nameIdentity,
  type WrittenPhrase,
} from "./compose-name.ts";
import {
  type ClusterName,
  type ClusterText,
  compare,
  inKeyOrder,
  inOrderOf,
  phrasesOf,
  readNotes,
  shown,
  sizeOf,
  wordless,
} from "./read-clusters.ts";

/** An area's phrases stand in many of its notes: a sample of each topic shows them. */
const maxNotesOfTopicInArea = 60;
/** What half of its topics have names an area unless what fewer have is this much better. */
const minCommonScore = 0.5;
/** Beside the first part, what else an area's topics share has to be this good. */
const minSharedScore = 0.25;
/** And, unless the first part is a plain word, which alone says too little, stand in this share of the notes without it. */
const minAddedCoverage = 0.1;
/** What less of an area than this has is not what it is about, though its topics share it. */
const minCoverage = 0.25;

/**
 * Names the areas over an account's topics, with the guarantees of `nameClusters`. An area of one topic is that topic
 * and is called like it; no other area is named like a topic, nor by two topics' names strung together.
 *
 * A phrase names an area when it stands in notes of several of its topics, no single one of them dominates it, and the
 * other areas have it less; a plain word takes the next best such phrase with it, because alone it says too little.
 * Where there is none the name says so: what most of the area is about, "& more".
 *
 * @param topics every topic of the account; `topicNames` their names, as `nameClusters` gave them
 */
export function nameAreas(
  areas: { key: string; topics: string[]; keepName?: string }[],
  topics: ClusterText[],
  topicNames: ClusterName[],
): ClusterName[] {
  const { read: topicNotes, vocabulary } = readNotes(inKeyOrder(topics), maxNotesOfTopicInArea);
  const sizes = new Map(topics.map((topic) => [topic.key, sizeOf(topic)]));
  const namesByTopic = new Map(topicNames.map((name) => [name.key, name]));
  const inOrder = inKeyOrder(areas).map((area) => ({
    ...area,
    topics: [...area.topics].sort((a, b) => (sizes.get(b) ?? 0) - (sizes.get(a) ?? 0) || compare(a, b)),
  }));
  const parts = inOrder.map((area) => area.topics.map((key) => topicNotes.get(key) ?? []));
  const phrases = phrasesOf(
    parts.map((lists) => lists.flat()),
    vocabulary,
  );
  const inCommon = phrases.map((list, index) =>
    phrasesInCommon(
      list,
      parts[index]!.map((part) => part.length),
    ),
  );
  const language = languageOf([...topicNotes.values()].flat(), vocabulary);
  const chosen = inOrder.flatMap((area, index) => {
    if (area.topics.length === 1) return [];
    const names = areaNames({
      phrases: phrases[index]!,
      inCommon: inCommon[index]!,
      topics: area.topics.flatMap((key) => namesByTopic.get(key) ?? []),
      noteCount: parts[index]!.reduce((sum, part) => sum + part.length, 0),
      language,
    });
    const size = area.topics.reduce((sum, key) => sum + (sizes.get(key) ?? 0), 0);
    return [{ ...area, names, size, fallback: shown(phrases[index]!)[0] ?? wordless }];
  });
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
      keyphrases: shown([...inCommon[index]!.common, ...phrases[index]!]),
    })),
  );
}

interface AreaToName {
  phrases: WrittenPhrase[];
  inCommon: AreaPhrases;
  /** The largest first. */
  topics: ClusterName[];
  /** Its number of notes that were read. */
  noteCount: number;
  language: Language;
}

/** Possible names of an area, best first. */
function* areaNames({
  phrases,
  inCommon: { common, shared },
  topics,
  noteCount,
  language,
}: AreaToName): Generator<string> {
  const topicNames = topics.map(({ name }) => name);
  const [best] = shared;
  const lead = common[0] && common[0].score >= minCommonScore * (best?.score ?? 0) ? common[0] : best;
  if (lead !== undefined) {
    const covered = new Set(lead.notes);
    const minAdded = isPlainWord(lead.text) ? 0 : minAddedCoverage * noteCount;
    const pairs = shared
      .filter(({ text, score }) => score >= minSharedScore * lead.score && fits(lead.text, text))
      .filter(({ notes }) => {
        const added = notes.filter((note) => !covered.has(note)).length;
        return added >= minAdded && covered.size + added >= minCoverage * noteCount;
      })
      .map(({ text }) => joined(lead.text, text));
    const names = isEnough(lead, noteCount) ? [lead.text, ...pairs] : pairs;
    yield* names.filter((name) => !isStrungTogether(name, topicNames));
  }
  const leads = topicNames.map((name) => (beforeMore(name) ?? name).split(conjunction, 1)[0]!);
  const isLead = new Set(leads.map(nameIdentity));
  const widest = phrases
    .filter(
      (phrase) => shared.includes(phrase) || common.includes(phrase) || isLead.has(nameIdentity(phrase.text)),
    )
    .sort((a, b) => b.notes.length - a.notes.length);
  for (const { text } of widest) yield andMore(text, language);
  for (const text of leads) yield andMore(text, language);
}
