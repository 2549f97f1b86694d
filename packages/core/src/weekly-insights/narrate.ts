import * as z from "zod";
import type { Purse } from "../budget/purse.ts";
import type { Llm, LlmUsage, Question } from "../llm/llm.ts";
import { holdsInstructions } from "../text/instructions.ts";
import type { Fact } from "./fact.ts";
import { instructionsFor } from "./prompts/v2.ts";
import { factsOf, hasSomethingToTell, type SectionSlug, type Sentence } from "./section.ts";
import type { NoteText } from "./verifier/evidence.ts";
import { evidenceFor } from "./verifier/evidence-for.ts";
import { type VerifiedSection, verifySection } from "./verify-section.ts";
import type { Week } from "./week.ts";

/** A prompt holds so many notes at most, whatever the week held: those that the most telling facts rest on. */
export const MAX_PROMPT_NOTES = 14;
const EXCERPT_CHARACTERS = 320;
const IDS_PER_FACT = 6;
const MAX_ANSWER_TOKENS = 1_200;

/** The shape of an answer: no lengths, which the check of the answer looks after. */
export const sectionAnswer = z.object({
  sentences: z.array(
    z.object({ text: z.string(), factIds: z.array(z.string()), noteIds: z.array(z.string()) }),
  ),
});
export type SectionAnswer = z.infer<typeof sectionAnswer>;

export interface SectionQuestion {
  question: Question<SectionAnswer>;
  facts: Fact[];
  /** Real ids by the short ones that stand in the prompt. */
  noteIds: Map<string, string>;
  notes: Map<string, NoteText>;
}

/** The notes that a section's prompt holds: those first that few facts rest on alone, such as a quoted one. */
export function promptNotes(section: SectionSlug, facts: readonly Fact[]): string[] {
  const specific = factsToTell(section, facts).toSorted((a, b) => a.noteIds.length - b.noteIds.length);
  const chosen = new Set<string>();
  for (const { noteIds } of specific) {
    for (const id of noteIds.slice(0, IDS_PER_FACT)) if (chosen.size < MAX_PROMPT_NOTES) chosen.add(id);
  }
  return [...chosen];
}

/**
 * What a model is told of a section's facts: all but those that quote, or are about, what looks like an order, with what
 * belongs to them. Of a note that is called by one nothing is left to tell; of an echo neither of its notes.
 */
function factsToTell(section: SectionSlug, facts: readonly Fact[]): Fact[] {
  const own = factsOf(section, facts);
  const withheld = own.filter(({ value, label }) => holdsInstructions([value, label]));
  const subjects = new Set(withheld.map(subjectOf));
  return own.filter((fact) => !subjects.has(subjectOf(fact)));
}

/** "echo" of "echo.old": the facts about one subject are told together. Those of a theme are each about a note or count. */
function subjectOf({ id }: Fact): string {
  return id.startsWith("theme-") ? id : id.split(".")[0]!;
}

/**
 * One schema-bound question: the section's own facts, and short beginnings of the notes behind them. null where nothing
 * is left of them that a model may be told.
 */
export function questionFor(
  section: SectionSlug,
  facts: readonly Fact[],
  week: Week,
  texts: ReadonlyMap<string, NoteText>,
): SectionQuestion | null {
  const own = factsToTell(section, facts);
  if (!hasSomethingToTell(section, own)) return null;
  const ids = promptNotes(section, facts).filter((id) => texts.has(id));
  const noteIds = new Map(ids.map((id, i) => [`n${i + 1}`, id]));
  const short = new Map([...noteIds].map(([alias, id]) => [id, alias]));
  const notes = new Map(ids.map((id) => [id, shortened(texts.get(id)!)]));
  const answer: Question<SectionAnswer> = {
    name: `insight_${section.replace("-", "_")}`,
    instructions: instructionsFor(section),
    material: {
      week: { firstDay: week.firstDay, lastDay: week.lastDay },
      facts: own.map(({ noteIds: behind, ...fact }) => ({
        ...fact,
        notes: behind.flatMap((id) => short.get(id) ?? []).slice(0, IDS_PER_FACT),
        notesInAll: behind.length,
      })),
      notes: ids.map((id) => {
        const { title, excerpt, tags } = notes.get(id)!;
        const told = { title, tags, excerpt };
        return { id: short.get(id), ...(holdsInstructions(told) ? { withheld: true } : told) };
      }),
      notesLeftOut: new Set(own.flatMap((fact) => fact.noteIds)).size - ids.length,
    },
    answer: sectionAnswer,
    maxAnswerTokens: MAX_ANSWER_TOKENS,
  };
  return { question: answer, facts: own, noteIds, notes };
}

function shortened({ title, excerpt, tags }: NoteText): NoteText {
  return {
    title: title.slice(0, 200),
    excerpt: excerpt.slice(0, EXCERPT_CHARACTERS),
    tags: tags.slice(0, 8).map((tag) => tag.slice(0, 40)),
  };
}

export type Narrated = { usage: LlmUsage } & (VerifiedSection | { problem: string });

/** Asks for a section and keeps what holds. Rejects as `Llm.ask` does. */
export async function narrate(
  llm: Llm,
  section: SectionSlug,
  asked: SectionQuestion,
  { all, week, purse, signal }: { all: readonly Fact[]; week: Week; purse?: Purse; signal: AbortSignal },
): Promise<Narrated> {
  const answer = await llm.ask(asked.question, { signal, purse });
  if (!("value" in answer)) return { usage: answer.usage, problem: answer.problem };
  const sentences = answer.value.sentences.map(
    (sentence): Sentence => ({
      ...sentence,
      // An id that was not given stays what it is, and fails.
      noteIds: sentence.noteIds.map((id) => asked.noteIds.get(id) ?? `not given: ${id}`),
    }),
  );
  const evidence = evidenceFor(asked.facts, all, week, asked.notes);
  return { usage: answer.usage, ...verifySection(section, sentences, evidence) };
}
