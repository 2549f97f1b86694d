import type { Fact } from "../fact.ts";
import { factsOf, hasSomethingToTell, type SectionSlug, type Sentence } from "../section.ts";
import type { Week } from "../week.ts";
import { FactBook } from "./fact-book.ts";
import { headline } from "./headline.ts";
import { movement } from "./movement.ts";
import { openEnds } from "./open-ends.ts";
import { past } from "./past.ts";
import { themes } from "./themes.ts";

const writers: Record<SectionSlug, (book: FactBook, week: Week) => Sentence[]> = {
  headline,
  themes,
  movement,
  "open-ends": openEnds,
  past,
};

/**
 * Tells a section in plain sentences, with no model: what people read who have none, and what stands where a model's
 * sentences did not hold. Each of its sentences passes the verifier (test/insights/template.test.ts).
 */
export function tellPlainly(section: SectionSlug, facts: readonly Fact[], week: Week): Sentence[] {
  if (!hasSomethingToTell(section, facts)) return [];
  const own = factsOf(section, facts);
  return writers[section](new FactBook(own), week);
}
