import { holdsInstructions } from "../../text/instructions.ts";
import type { Fact } from "../fact.ts";
import type { Sentence } from "../section.ts";
import { areBorneOut } from "./bind-claims.ts";
import { type ClauseProblem, clauseProblem } from "./check-clauses.ts";
import { areInOrder } from "./check-order.ts";
import { areInPlace } from "./check-places.ts";
import { areRelated } from "./check-relations.ts";
import { areShared } from "./check-shared.ts";
import { areInTheirThemes } from "./check-themes.ts";
import { checkWords, type WordProblem } from "./check-words.ts";
import { type Evidence, groundsOf, type NoteText } from "./evidence.ts";
import { type MaskProblem, maskText } from "./masked-text.ts";
import { readDates } from "./read-dates.ts";
import { readNumbers } from "./read-numbers.ts";
import { readIdioms, readWords } from "./read-words.ts";
import { tokensOf } from "./tokens.ts";

export type SentenceProblem =
  | "length"
  | "unfinished"
  | "unknown fact"
  | "unknown note"
  | "note of another fact"
  | "no note"
  | "character"
  | "markup"
  | "link"
  | "address"
  | "number"
  | "claim"
  | ClauseProblem
  | MaskProblem
  | WordProblem;

const MAX_CHARACTERS = 420;
const MAX_IDS = 16;

/**
 * Checks one sentence of a model against what the model was given. null: it holds; else the first reason why it does
 * not. What is checked is that it says nothing but its facts, in the words of its notes and of a narrator: ids, figures
 * in digits and in words, dates, percentages, names, quotations, links, markup, addresses, and the direction of a change.
 * Tone is not checked, and no check can show that a sentence is apt.
 */
export function problemOf(sentence: Sentence, evidence: Evidence): SentenceProblem | null {
  const text = sentence.text.trim();
  if (text.length === 0 || text.length > MAX_CHARACTERS || sentence.factIds.length > MAX_IDS) return "length";
  if (!/[.?…]["”’)]?$/.test(text)) return "unfinished";

  const facts: Fact[] = [];
  for (const id of sentence.factIds) {
    const fact = evidence.facts.get(id);
    if (fact === undefined) return "unknown fact";
    facts.push(fact);
  }
  const notes = citedNotes(sentence, facts, evidence);
  if (typeof notes === "string") return notes;
  if (unseen.test(text)) return "character";

  const grounds = groundsOf(facts, [...notes.values()]);
  const masked = maskText(text, facts, grounds, evidence.themeNames);
  if (typeof masked === "string") return masked;
  const surface = surfaceProblem(text, masked.text, grounds.texts);
  if (surface !== null) return surface;

  const idioms = readIdioms(masked.text);
  const tokens = tokensOf(idioms.text);
  const dates = readDates(tokens, evidence.week);
  const numbers = readNumbers(tokens, dates.taken);
  if (numbers === "number") return "number";
  const inFigures = new Set([...dates.taken, ...tokensWithin(tokens, numbers)]);
  const words = checkWords(tokens, inFigures, grounds);
  if (words !== null) return words;

  const claims = [...idioms.claims, ...dates.claims, ...numbers, ...readWords(tokens, inFigures)];
  if (!areBorneOut(masked.text, claims, masked.mentions, facts)) return "claim";
  if (!areInPlace(masked, claims, facts, evidence.themeNames)) return "claim";
  if (!areInTheirThemes(masked, claims, facts, notes, evidence.themeNames)) return "claim";
  if (!areRelated(masked, claims, facts, evidence.themeNames)) return "claim";
  if (!areInOrder(tokens, masked, facts)) return "claim";
  if (!areShared(tokens, masked, facts, [...notes.values()])) return "claim";
  // A title that stands alone, cut off from what was said of it, says nothing.
  const states =
    tokens.some(({ kind }) => kind !== "mark") &&
    (claims.length > 0 || masked.mentions.length > 0 || masked.quotes.length > 0);
  return states ? clauseProblem(masked, tokens, claims, grounds) : "nothing stated";
}

function citedNotes(
  sentence: Sentence,
  facts: readonly Fact[],
  evidence: Evidence,
): Map<string, NoteText> | "unknown note" | "note of another fact" | "no note" {
  const behind = new Set(facts.flatMap((fact) => fact.noteIds));
  const notes = new Map<string, NoteText>();
  for (const id of sentence.noteIds) {
    const note = evidence.notes.get(id);
    if (note === undefined) return "unknown note";
    if (!behind.has(id)) return "note of another fact";
    // What a note tells the model to write is no ground for a sentence.
    if (!holdsInstructions(note)) notes.set(id, note);
  }
  return sentence.noteIds.length === 0 ? "no note" : notes;
}

/** Those of private use are the blanks of maskText; a sentence that holds any itself is refused before. */
const plainCharacters = /^[\ue000\ue001 a-zA-Z\u00c0-\u024f0-9.,;:()&%'’/–—…?\-$]*$/;
const unseen = /\p{Cc}|\p{Cf}|\p{Co}|\p{Cn}|\p{Cs}|\p{Zl}|\p{Zp}/u;
const link = /[a-z][a-z0-9+.-]*:\/\/|\bwww\.|\bmailto:|\bjavascript:|\bdata:[a-z]+\//i;
const address =
  /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+|(?<![\p{L}\p{N}])(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?![\p{L}\p{N}])|\+?\d[\d ()-]{6,}\d/gu;

/** `masked` is the text without what it quotes: a title may hold markup, and stands in quotation marks then. */
function surfaceProblem(
  text: string,
  masked: string,
  given: readonly string[],
): "character" | "markup" | "link" | "address" | null {
  if (link.test(text)) return "link";
  if (/[<>[\]{}|*_`#~\\^=]/.test(masked)) return "markup";
  for (const [found] of masked.matchAll(address)) {
    if (/^(?:19|20)\d\d-\d\d-\d\d$/.test(found)) continue;
    if (!given.some((line) => line.includes(found.toLowerCase()))) return "address";
  }
  // Letters of other scripts stand in quotations; outside of them they can look like ours and be others.
  const rest = masked.replace(/[\p{L}\p{M}]+/gu, (word) =>
    given.some((line) => line.includes(word.toLowerCase())) ? "" : word,
  );
  if (/\?/.test(masked.replace(/[\s.]+$/, ""))) return "character";
  return plainCharacters.test(rest) ? null : "character";
}

function tokensWithin(
  tokens: readonly { start: number; end: number }[],
  claims: readonly { start: number; end: number }[],
): number[] {
  return tokens.flatMap((token, i) =>
    claims.some((claim) => token.start >= claim.start && token.end <= claim.end) ? [i] : [],
  );
}
