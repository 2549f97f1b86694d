import { plainText } from "../text/plain-text.ts";
import { accountWords } from "./account-words.ts";
import type { WrittenPhrase } from "./compose-name.ts";
import { keyphrasesOf } from "./keyphrases.ts";
import { KnownWords } from "./known-words.ts";
import { withoutTemplate } from "./template-lines.ts";
import { type ReadNote, Vocabulary } from "./vocabulary.ts";
import { isPastForm } from "./weak-words.ts";
import { writtenPhrases } from "./written-forms.ts";

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
const maxKeyphrases = 8;
/** What a cluster is called that has no word to be called by. */
export const wordless = "Notes without words";

/** Reads at most `limit` notes of each cluster, central ones first, in an order that does not depend on the input's. */
export function readNotes(
  clusters: ClusterText[],
  limit: number,
): { read: Map<string, ReadNote[]>; vocabulary: Vocabulary } {
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
  const bodies = withoutTemplate(notes);
  const vocabulary = new Vocabulary(new KnownWords([...notes.map(({ title }) => title), ...bodies]));
  bodies.forEach((body, index) => {
    const { key, title, isCentral } = notes[index]!;
    read.get(key)!.push(vocabulary.read(title, body, isCentral));
  });
  return { read, vocabulary };
}

/** By code point, not by locale: the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function phrasesOf(clusters: ReadNote[][], vocabulary: Vocabulary): WrittenPhrase[][] {
  const account = accountWords(clusters.flat(), vocabulary);
  return keyphrasesOf(clusters, vocabulary, account).map((list, index) => {
    const texts = writtenPhrases(
      list.map(({ words }) => words),
      clusters[index]!,
      account.forms,
      vocabulary,
    );
    return list.map(({ score, notes, isWeak, own }, place) => {
      const text = texts[place]!;
      return { text, score, notes, own, isWeak: isWeak || isPastForm(text) };
    });
  });
}

export function sizeOf({ size, notes }: ClusterText): number {
  return size ?? notes.length;
}

/** Sums of fractions depend on their order in the last bit: everything is counted in the order of the keys. */
export function inKeyOrder<T extends { key: string }>(clusters: T[]): T[] {
  return [...clusters].sort((a, b) => compare(a.key, b.key));
}

export function inOrderOf(clusters: { key: string }[], names: ClusterName[]): ClusterName[] {
  const byKey = new Map(names.map((name) => [name.key, name]));
  return clusters.map(({ key }) => byKey.get(key)!);
}

/** General words are shown only where there is little else. */
export function shown(phrases: WrittenPhrase[]): string[] {
  const inOrder = [...phrases.filter(({ isWeak }) => !isWeak), ...phrases.filter(({ isWeak }) => isWeak)];
  return [...new Set(inOrder.map(({ text }) => text))].slice(0, maxKeyphrases);
}
