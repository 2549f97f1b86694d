import * as z from "zod";
import type { Question } from "../llm/llm.ts";

/** What a language model is told of a cluster. */
export interface NamingMaterial {
  keyphrases: string[];
  /** Its most central notes. */
  notes: { title: string; text: string }[];
  /** Titles of notes that are nearly in it. */
  nearMisses: string[];
  /** The clusters next to it, which its name must tell it from. */
  neighbours: { name: string; keyphrases: string[] }[];
}

export const GROUPS_PER_QUESTION = 8;
const NAME_TOKENS = 60;

/** How much of each thing is sent: so much that a name can be found, and the bound of its price stays low. */
export const MATERIAL = {
  notes: 5,
  title: 120,
  text: 280,
  nearMisses: 3,
  neighbours: 3,
  phrases: 8,
} as const;

const answer = z.object({ names: z.array(z.object({ group: z.number(), name: z.string() })) });
export type NamesAnswer = z.infer<typeof answer>;

const INSTRUCTIONS = `You name groups of one person's notes. Give each of the groups a short name, as its owner would write it on a folder: two or three words, five at the most, in the language of its notes, in sentence case.
A name says what the group's notes have in common and tells the group from its neighbours and from its near misses, which are other groups and notes of other groups. Where its notes are of several subjects, it says what these have in common, and does not list them.
Use only words that stand in the group's own keyphrases or notes, in any form. No numbers, dates, links, quotation marks or markup. No two groups have the same name.
Answer with the number of each group and its name.`;

/** One question for up to `GROUPS_PER_QUESTION` clusters. */
export function nameQuestion(groups: NamingMaterial[]): Question<NamesAnswer> {
  return {
    name: "group_names",
    instructions: INSTRUCTIONS,
    material: { groups: groups.map((material, i) => ({ group: i + 1, ...material })) },
    answer,
    maxAnswerTokens: 50 + NAME_TOKENS * groups.length,
  };
}

/** Questions for so many clusters as large as any can be: what they cost at the most can be told before. */
export function largestQuestions(clusters: number): Question<NamesAnswer>[] {
  const characters = (count: number) => "\u{10ffff}".repeat(count);
  const phrases = Array.from({ length: MATERIAL.phrases }, () => characters(100));
  const material: NamingMaterial = {
    keyphrases: phrases,
    notes: Array.from({ length: MATERIAL.notes }, () => ({
      title: characters(MATERIAL.title),
      text: characters(MATERIAL.text),
    })),
    nearMisses: Array.from({ length: MATERIAL.nearMisses }, () => characters(MATERIAL.title)),
    neighbours: Array.from({ length: MATERIAL.neighbours }, () => ({
      name: characters(100),
      keyphrases: phrases,
    })),
  };
  const question = (count: number) => nameQuestion(Array.from({ length: count }, () => material));
  const full = Array.from({ length: Math.floor(clusters / GROUPS_PER_QUESTION) }, () =>
    question(GROUPS_PER_QUESTION),
  );
  const rest = clusters % GROUPS_PER_QUESTION;
  return rest === 0 ? full : [...full, question(rest)];
}
