import { asUser } from "@noctuary/db/access";
import { addUsage } from "@noctuary/db/account/account";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import type { ClaimedTask } from "@noctuary/db/ledger/task";
import { isBudgetProblem } from "../budget/budget-problems.ts";
import { budgetLeftUsd, purseOf } from "../budget/purse.ts";
import type { Context } from "../context.ts";
import { recordable } from "../errors.ts";
import { affordable, llmUsageEntry } from "../llm/budget.ts";
import type { Llm, LlmAnswer, LlmUsage } from "../llm/llm.ts";
import { sumUsage } from "../llm/openai.ts";
import { problemOfName, tidied } from "../naming/check-name.ts";
import { isStrungTogether, nameIdentity } from "../naming/compose-name.ts";
import {
  GROUPS_PER_QUESTION,
  type NamesAnswer,
  type NamingMaterial,
  nameQuestion,
} from "../naming/name-question.ts";
import type { GivenName } from "./name-tonight.ts";

/** What asking for names needs from the step that clusters. */
export interface AskingInput {
  context: Context;
  userId: string;
  run: Run;
  task: ClaimedTask;
  remainingMs: () => number;
  /** Aborted shortly before the function is stopped. */
  signal: AbortSignal;
}

/** A cluster whose name is asked for. */
export interface Asked {
  id: string;
  size: number;
  material: NamingMaterial;
  /** Of an area: its name must say more than those of its topics do. */
  topicIds?: readonly string[];
}

/** So much of the function's time stays for saving; and asking takes no longer than this in all. */
const MARGIN_MS = 60_000;
const LONGEST_MS = 150_000;

type Answers = Map<string, LlmAnswer<NamesAnswer>>;
/** What a task has been answered: when the work is done again because another run was faster, nobody is asked again. */
const answered = new WeakMap<ClaimedTask, Answers>();

/**
 * Asks for the names of clusters, checks what comes, and gives what passes. Whatever fails (the provider, the budget,
 * the time, a check) leaves the plain name; what was asked for and answered is not asked for again.
 */
export async function askForNames(
  input: AskingInput,
  llm: Llm,
  asked: readonly Asked[],
  names: ReadonlyMap<string, GivenName>,
  taken: ReadonlySet<string>,
): Promise<Map<string, GivenName>> {
  const { context, userId, run, task } = input;
  const known: Answers = answered.get(task) ?? new Map();
  answered.set(task, known);
  const batches = batched(asked).map((clusters) => {
    const question = nameQuestion(clusters.map(({ material }) => material));
    return { clusters, question, key: JSON.stringify(question.material) };
  });
  const open = batches.filter(({ key }) => !known.has(key));
  if (open.length > 0) {
    const leftUsd = await asUser(context.db, userId, (tx) =>
      budgetLeftUsd(tx, context.budgets, userId, "words"),
    );
    const purse = purseOf(context, userId, "words");
    const within = affordable(
      llm,
      open.map(({ question }) => question),
      leftUsd,
    ).length;
    if (within < open.length) {
      const ids = { job: run.job, runId: run.id, taskId: task.id, userId };
      context.logger.info("names stay plain for the budget", { ...ids, questions: open.length - within });
    }
    const signal = AbortSignal.timeout(Math.max(1, Math.min(LONGEST_MS, input.remainingMs() - MARGIN_MS)));
    const usages: LlmUsage[] = [];
    const queue = open.slice(0, within);
    const lane = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        try {
          const answer = await llm.ask(next.question, { signal, purse });
          usages.push(answer.usage);
          known.set(next.key, answer);
        } catch (error) {
          queue.length = 0; // what failed after all its tries fails for the others too: the next night asks again
          logFailure(input, error);
        }
      }
    };
    await Promise.all(Array.from({ length: llm.callsInFlight }, lane));
    // Paid is paid, whatever becomes of the names.
    if (usages.length > 0) {
      const entry = llmUsageEntry(llm, run.localDate, usages.length, sumUsage(usages));
      await asUser(context.db, userId, (tx) => addUsage(tx, userId, entry));
    }
  }
  const given = new Map(names);
  const identities = new Set(taken);
  for (const { clusters, key } of batches) {
    const answer = known.get(key);
    if (answer === undefined || ("problem" in answer && isPassing(answer.problem))) continue;
    const proposals = new Map(
      "value" in answer ? answer.value.names.map(({ group, name }) => [group, name]) : [],
    );
    clusters.forEach(({ id, size, material, topicIds }, i) => {
      const plain = given.get(id)!;
      const own = nameIdentity(plain.name);
      const name = tidied(proposals.get(i + 1) ?? "");
      const others = new Set(identities);
      others.delete(own);
      const problem = problemOfName(name, evidenceOf(material), others);
      const topicNames = topicIds?.map((topicId) => given.get(topicId)!.name);
      const saysMore = topicNames === undefined || !isStrungTogether(name, topicNames);
      if (problem === null && saysMore) {
        identities.delete(own);
        identities.add(nameIdentity(name));
        given.set(id, { ...plain, name, namedBy: "llm", askedSize: size });
      } else {
        given.set(id, { ...plain, askedSize: size });
      }
    });
  }
  return given;
}

/** Says nothing about the question: the next night asks it again. */
function isPassing(problem: string): boolean {
  return problem.startsWith("provider_") || isBudgetProblem(problem);
}

function logFailure({ context, userId, run, task }: AskingInput, error: unknown): void {
  const { class: errorClass, code: errorCode } = recordable(error);
  const ids = { job: run.job, userId, runId: run.id, taskId: task.id };
  context.logger.warn("no names from the language model", { ...ids, errorClass, errorCode });
}

/** What all questions of a task came to, as a part of its result. */
export function namingTotals(task: ClaimedTask, names: ReadonlyMap<string, GivenName>): Totals {
  const answers = [...(answered.get(task)?.values() ?? [])];
  if (answers.length === 0) return {};
  const { requests, inputTokens, outputTokens, costUsd } = sumUsage(answers.map(({ usage }) => usage));
  return {
    requests,
    tokens: inputTokens + outputTokens,
    ...(costUsd === null ? { unpricedRequests: requests } : { costUsd }),
    namedByLlm: [...names.values()].filter(({ namedBy }) => namedBy === "llm").length,
  };
}

function evidenceOf({ keyphrases, notes }: NamingMaterial) {
  return { keyphrases, notes: notes.map(({ title, text }) => `${title}\n${text}`) };
}

function batched(asked: readonly Asked[]): Asked[][] {
  return Array.from({ length: Math.ceil(asked.length / GROUPS_PER_QUESTION) }, (_, i) =>
    asked.slice(i * GROUPS_PER_QUESTION, (i + 1) * GROUPS_PER_QUESTION),
  );
}
