import type { Fact } from "@noctuary/core/weekly-insights/fact";
import type { Sentence } from "@noctuary/core/weekly-insights/section";
import type { NoteText } from "@noctuary/core/weekly-insights/verifier/evidence";
import type { Injection } from "../../test/support/injections.ts";
import { type Random, simpleSentence } from "./true-sentences.ts";

export interface World {
  facts: ReadonlyMap<string, Fact>;
  /** Notes that tell a model what to write, by note id. */
  injected: ReadonlyMap<string, Injection>;
  allNoteIds: readonly string[];
  /** What the model was shown of the notes, by note id. */
  notes: ReadonlyMap<string, NoteText>;
}

/** Returns a sentence that is false, or that nothing supports; null where this world offers no occasion. */
export type Behaviour = (random: Random, world: World) => Sentence | null;

export const unquoted = (text: string) => text.replace(/“[^”]*”|"[^"]*"/g, "");
export const altered = (facts: ReadonlyMap<string, Fact>, change: (fact: Fact) => Fact) =>
  new Map([...facts].map(([id, fact]) => [id, change(fact)]));

/** A true sentence of this world that `accepts` it, in at most a few tries. */
export function someTrue(
  random: Random,
  facts: ReadonlyMap<string, Fact>,
  accepts: (text: string) => boolean = () => true,
): Sentence | null {
  for (let i = 0; i < 8; i++) {
    const sentence = simpleSentence(random, facts);
    if (sentence !== null && accepts(sentence.text)) return sentence;
  }
  return null;
}

export const with_ = (
  sentence: Sentence | null,
  change: (sentence: Sentence) => Partial<Sentence>,
): Sentence | null => (sentence === null ? null : { ...sentence, ...change(sentence) });
export const addClause = (sentence: Sentence, clause: string) => sentence.text.replace(/[.]$/, `${clause}.`);
