import type { StoredInsight, StoredSection } from "@noctuary/db/insights/insight";
import { BudgetSpentError } from "../budget/budget-problems.ts";
import type { Purse } from "../budget/purse.ts";
import type { Context } from "../context.ts";
import { recordable } from "../errors.ts";
import { affordable } from "../llm/budget.ts";
import type { Llm } from "../llm/llm.ts";
import type { Fact } from "./fact.ts";
import { narrate, type SectionQuestion } from "./narrate.ts";
import { PROMPT_VERSION } from "./prompts/v2.ts";
import { hasSomethingToTell, type SectionSlug, type Sentence, sectionSlugs } from "./section.ts";
import { tellPlainly } from "./template/template.ts";
import type { Week } from "./week.ts";

/** The sections of a week that there is something to tell in. */
export function sectionsOf(facts: readonly Fact[], week: Week): SectionSlug[] {
  return sectionSlugs.filter(
    (slug) => hasSomethingToTell(slug, facts) && tellPlainly(slug, facts, week).length > 0,
  );
}

/** A week in which nothing was written needs no model to say so. */
export function isQuiet(facts: readonly Fact[]): boolean {
  return facts.some((fact) => fact.id === "notes" && fact.value === 0);
}

/**
 * Writes sections: each with one question where there is a model and money for it, each whatever becomes of the others.
 * Where a model's sentences do not hold, are too dear, or are still to come, the plain ones stand.
 */
export async function tellSections(
  context: Pick<Context, "llm" | "logger">,
  slugs: readonly SectionSlug[],
  {
    facts,
    week,
    questions,
    budgetUsd,
    purse,
    signal,
  }: {
    facts: readonly Fact[];
    week: Week;
    questions: ReadonlyMap<SectionSlug, SectionQuestion>;
    budgetUsd: number;
    purse: Purse;
    signal: AbortSignal;
  },
): Promise<StoredSection[]> {
  const { llm } = context;
  const plain = (slug: SectionSlug) => plainSection(slug, facts, week);
  if (llm === null || isQuiet(facts)) return slugs.map(plain);
  const paid = new Set(
    affordable(
      llm,
      slugs.flatMap((slug) => questions.get(slug)?.question ?? []),
      budgetUsd,
    ),
  );
  return Promise.all(
    slugs.map((slug) => {
      const asked = questions.get(slug);
      return asked !== undefined && paid.has(asked.question) ? toldBy(llm, slug, asked) : plain(slug);
    }),
  );

  async function toldBy(model: Llm, slug: SectionSlug, asked: SectionQuestion): Promise<StoredSection> {
    try {
      const told = await narrate(model, slug, asked, { all: facts, week, purse, signal });
      const cost = {
        model: model.model,
        promptVersion: PROMPT_VERSION,
        inputTokens: told.usage.inputTokens,
        outputTokens: told.usage.outputTokens,
        costUsd: told.usage.costUsd,
      };
      if ("problem" in told) return { ...plain(slug), ...cost, dropped: { [told.problem]: 1 } };
      if (told.sentences.length === 0) return { ...plain(slug), ...cost, dropped: told.dropped };
      return { ...stored(slug, "model", told.sentences, facts), ...cost, dropped: told.dropped };
    } catch (error) {
      // Others were faster with what was left: the plain sentences stand, as if it had been spent before.
      if (error instanceof BudgetSpentError) return plain(slug);
      const { class: errorClass, code } = recordable(error);
      context.logger.warn("section not written", { section: slug, errorClass, errorCode: code });
      return { ...plain(slug), missingCode: code };
    }
  }
}

export function plainSection(slug: SectionSlug, facts: readonly Fact[], week: Week): StoredSection {
  return stored(slug, "template", tellPlainly(slug, facts, week), facts);
}

function stored(
  slug: SectionSlug,
  writtenBy: StoredSection["writtenBy"],
  sentences: readonly Sentence[],
  facts: readonly Fact[],
): StoredSection {
  const byId = new Map(facts.map((fact) => [fact.id, fact]));
  return {
    section: slug,
    position: sectionSlugs.indexOf(slug),
    writtenBy,
    sentences: sentences.map((sentence) => ({
      ...sentence,
      // A model may use the words of every note that it cites, whatever kind of fact it cites beside it.
      restsOn: [...new Set([...restsOn(sentence, byId), ...(writtenBy === "model" ? sentence.noteIds : [])])],
    })),
    dropped: {},
    missingCode: null,
    model: null,
    promptVersion: null,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
  };
}

/**
 * The notes without which a sentence cannot stand: those it points at, and those behind facts that hold a text, for the
 * text may come from any of them. A count of the whole week stands without one of the notes that it counted.
 */
function restsOn({ factIds, noteIds }: Sentence, facts: ReadonlyMap<string, Fact>): string[] {
  const named = factIds.map((id) => facts.get(id)!).filter((fact) => holdsText(fact));
  const counts = factIds.every((id) => !holdsText(facts.get(id)!));
  return [...new Set([...(counts ? [] : noteIds), ...named.flatMap((fact) => fact.noteIds)])];
}

/** Whether words of its notes stand in a fact, and not figures and dates alone. */
export function holdsText(fact: Fact): boolean {
  return fact.label !== undefined || (typeof fact.value === "string" && fact.unit !== "date");
}

/** Complete once no section waits for a model. */
export function statusOf(sections: readonly StoredSection[]): StoredInsight["status"] {
  return sections.some((section) => section.missingCode !== null) ? "partial" : "complete";
}
