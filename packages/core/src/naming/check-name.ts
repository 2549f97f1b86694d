import { isStopWord, stem, words } from "../text/words.ts";
import { nameIdentity } from "./compose-name.ts";
import { datesOrCounts } from "./dates-and-numbers.ts";

/** What a name that somebody else has written may be made of. */
export interface NameEvidence {
  keyphrases: readonly string[];
  /** Titles and texts of the cluster's notes, a string a note. */
  notes: readonly string[];
}

const maxCharacters = 40;
const maxWords = 5;
/** One note alone cannot put a word into a name: it may say whatever its writer wants the name to be. */
const minNotes = 2;
const markup = /[<>{}[\]()*_`#|\\~^=$@"“”«»:;!?\n\r\t]|www\.|\/\//;
const sharp = /\b[cf]#/giu;

export type NameProblem = "too_long" | "markup" | "number_or_date" | "no_word" | "not_in_evidence" | "taken";

/**
 * What is wrong with a name; null when it may be taken. Every word of it but stop words must stand, up to its stem, in
 * a keyphrase or in two of the notes.
 *
 * @param taken identities of all other names (`nameIdentity`)
 */
export function problemOfName(
  name: string,
  { keyphrases, notes }: NameEvidence,
  taken: ReadonlySet<string>,
): NameProblem | null {
  if (markup.test(name.replace(sharp, ""))) return "markup";
  if (name.length > maxCharacters || name.split(" ").length > maxWords) return "too_long";
  const written = words(name);
  if (written.some((word) => /^\p{N}+$/u.test(word) || datesOrCounts(word, word))) return "number_or_date";
  const content = written.filter((word) => !isStopWord(word));
  if (!content.some((word) => /\p{L}/u.test(word))) return "no_word";
  const allowed = new Set(keyphrases.flatMap(stemsOf));
  const noteStems = notes.map((note) => new Set(stemsOf(note)));
  const enough = Math.max(1, Math.min(minNotes, notes.length));
  const isKnown = (stemmed: string) =>
    allowed.has(stemmed) || noteStems.filter((stems) => stems.has(stemmed)).length >= enough;
  if (!content.every((word) => isKnown(stem(word)))) return "not_in_evidence";
  return taken.has(nameIdentity(name)) ? "taken" : null;
}

function stemsOf(text: string): string[] {
  return words(text).map(stem);
}

/** A name as it is checked and stored: without blanks around and in a row, and without a full stop. */
export function tidied(name: string): string {
  return name.normalize("NFC").replace(/\s+/g, " ").trim().replace(/\.$/, "");
}
