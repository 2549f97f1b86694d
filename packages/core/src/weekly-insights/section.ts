import * as z from "zod";
import type { Fact } from "./fact.ts";

/** The parts of a week's account, in the order in which they are read. Each is written by itself. */
export const sectionSlugs = ["headline", "themes", "movement", "open-ends", "past"] as const;
export type SectionSlug = (typeof sectionSlugs)[number];

export const sectionTitles: Record<SectionSlug, string> = {
  headline: "The week in one line",
  themes: "What it was about",
  movement: "What moved",
  "open-ends": "Open ends",
  past: "One thing from the past",
};

/** How many sentences a section has at most: a page that is read on a Sunday morning, not a report. */
export const maxSentences: Record<SectionSlug, number> = {
  headline: 1,
  themes: 5,
  movement: 5,
  "open-ends": 3,
  past: 1,
};

/** A sentence with the facts that it states and some of the notes behind them. */
export const sentence = z.object({
  text: z.string().min(1),
  factIds: z.array(z.string()),
  noteIds: z.array(z.string()),
});
export type Sentence = z.infer<typeof sentence>;

const patterns: Record<SectionSlug, RegExp> = {
  headline:
    /^(?:week\.|notes|words|days|weeks|busiest-day|themes$|theme-[12]\.(?:notes|share)$|note-1(?:\.|$))/,
  themes: /^(?:themes$|theme-\d+\.(?:notes|share|title-\d+)$|note-\d+)/,
  movement: /^(?:weeks$|themes\.|theme-\d+\.(?:notes|usual|before|away)$|connection)/,
  "open-ends": /^(?:open|closed|asked)/,
  past: /^echo/,
};

/** The facts that a section may state: a section sees no others. */
export function factsOf(section: SectionSlug, facts: readonly Fact[]): Fact[] {
  return facts.filter((fact) => patterns[section].test(fact.id));
}

/** Whether there is anything for a section to tell. A line on what moved needs something that did. */
export function hasSomethingToTell(section: SectionSlug, facts: readonly Fact[]): boolean {
  const own = factsOf(section, facts);
  if (section === "headline") return true;
  if (section === "movement") return own.some(({ id }) => id !== "weeks" && id !== "themes.steady");
  return own.some(({ id }) => id !== "themes");
}
