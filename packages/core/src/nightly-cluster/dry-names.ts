import type { UserTransaction } from "@noctuary/db/access";
import { countUnasked } from "@noctuary/db/clusters/cluster";
import { budgetLeftUsd } from "../budget/purse.ts";
import { smallestTopicFor } from "../clustering/topics.ts";
import type { Context } from "../context.ts";
import { affordable } from "../llm/budget.ts";
import { largestQuestions } from "../naming/name-question.ts";

/** Whether a language model is to be asked for names that no model was asked for yet, and may be. */
export async function hasNamesToAsk(
  tx: UserTransaction,
  { llm, budgets }: Pick<Context, "llm" | "budgets">,
  userId: string,
): Promise<boolean> {
  if (llm === null || (await countUnasked(tx, userId)) === 0) return false;
  const leftUsd = await budgetLeftUsd(tx, budgets, userId, "words");
  return affordable(llm, largestQuestions(1), leftUsd).length > 0;
}

/**
 * What a run may ask at the most. Which clusters change is known only after they are; that no topic is smaller than
 * `smallestTopicFor`, and that an area which is asked about has two topics, bounds their number.
 */
export async function dryNames(
  tx: UserTransaction,
  { llm, budgets }: Pick<Context, "llm" | "budgets">,
  userId: string,
  { notes, isRegrouped }: { notes: number; isRegrouped: boolean },
): Promise<{ namesToAsk?: number; llmTokens?: number; llmCostUsd?: number }> {
  if (llm === null) return {};
  const unasked = await countUnasked(tx, userId);
  const topics = isRegrouped ? Math.max(1, Math.floor(notes / smallestTopicFor(notes))) : unasked;
  // Topics are asked for before areas: that may make one question more.
  const areas = isRegrouped ? Math.floor(topics / 2) : Math.min(unasked, 1);
  const questions = affordable(
    llm,
    [...largestQuestions(topics), ...largestQuestions(areas)],
    await budgetLeftUsd(tx, budgets, userId, "words"),
  );
  const bounds = questions.map((question) => llm.atMost(question));
  const isPriced = bounds.every(({ costUsd }) => costUsd !== null);
  return {
    namesToAsk: questions.length === 0 ? 0 : isRegrouped ? topics + areas : unasked,
    llmTokens: bounds.reduce((sum, { tokens }) => sum + tokens, 0),
    ...(isPriced ? { llmCostUsd: bounds.reduce((sum, { costUsd }) => sum + costUsd!, 0) } : {}),
  };
}
