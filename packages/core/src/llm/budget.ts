import type { UsageEntry } from "@noctuary/db/account/account";
import type { Llm, LlmUsage, Question } from "./llm.ts";

/**
 * The first questions, as many as fit into what is left even if each costs the most it can. Under a limit nothing is
 * asked of a model whose price is not known: nobody could say that the limit holds.
 */
export function affordable<T extends Question<unknown>>(
  llm: Pick<Llm, "atMost">,
  questions: readonly T[],
  leftUsd: number,
): T[] {
  if (leftUsd === Number.POSITIVE_INFINITY) return [...questions];
  let left = leftUsd;
  const firstTooMany = questions.findIndex((question) => {
    left -= llm.atMost(question).costUsd ?? Number.POSITIVE_INFINITY;
    return left < 0;
  });
  return questions.slice(0, firstTooMany < 0 ? questions.length : firstTooMany);
}

/** What answers cost, as a row of the user's usage. */
export function llmUsageEntry(
  { model }: Pick<Llm, "model">,
  day: string,
  questions: number,
  { requests, inputTokens, outputTokens, costUsd }: LlmUsage,
): UsageEntry {
  return { day, model, inputs: questions, requests, tokens: inputTokens + outputTokens, costUsd };
}
