import { BudgetSpentError } from "../budget/budget-problems.ts";
import type { Purse } from "../budget/purse.ts";
import { PermanentError } from "../errors.ts";
import { OPENAI_URL, openAiConnection, type Tokens } from "../provider/openai-connection.ts";
import type { Failure } from "../provider/openai-errors.ts";
import { costUsd, estimatedTokens } from "../provider/prices.ts";
import { ProviderError, RetryLaterError } from "../provider/provider-errors.ts";
import type { ProviderPolicy } from "../provider/provider-policy.ts";
import { requestSlots } from "../provider/request-slots.ts";
import { realTiming, retried, type Timing, type Tried } from "../provider/retry.ts";
import { chatRequest, FORMS, type Form, mostTokens } from "./chat-request.ts";
import type { Llm, LlmAnswer, LlmUsage, Question } from "./llm.ts";
import { readAnswer, valueIn } from "./read-answer.ts";

export interface OpenAiLlmOptions {
  /** Undefined for an endpoint that wants none. */
  apiKey?: string | undefined;
  /** Any OpenAI-compatible API up to and without `/chat`. OpenAI's own by default. */
  baseUrl?: string | undefined;
  model: string;
  /** Requests at once, over all questions. */
  requestsInFlight?: number | undefined;
  /** How long one request may take. */
  timeoutMs?: number | undefined;
  /** For a model whose price is not known here. */
  usdPerMillionTokens?: { input: number; output: number } | undefined;
  timing?: Timing | undefined;
  policy?: ProviderPolicy | undefined;
}

/** Answers of a wrong shape that one question may bring before it is given up. */
const MAX_WRONG_ANSWERS = 2;

type Given<T> = { value: T } | { problem: string };

/**
 * Asks over the chat completions of any OpenAI-compatible API, with structured output: the shape goes as a strict
 * `json_schema`; an endpoint that refuses it is asked for `json_object`, and one that refuses that too in words. What
 * an endpoint takes is remembered. Whatever comes is parsed by the same schema.
 *
 * Tries, waits and errors are those of the embedder (`retried`, `providerProblems`). No error holds the question, the
 * answer, the key or anything else that the provider said.
 *
 * @throws {RangeError} for a URL or key that no request can be made of
 */
export function openaiLlm({
  apiKey,
  baseUrl = OPENAI_URL,
  model,
  requestsInFlight = 4,
  timeoutMs = 60_000,
  usdPerMillionTokens: price,
  timing = realTiming,
  policy,
}: OpenAiLlmOptions): Llm {
  const cost = (input: number, output: number) =>
    price === undefined
      ? costUsd(model, input, output)
      : (input * price.input + output * price.output) / 1_000_000;
  const priceUsd = ({ input, output }: Tokens) => cost(input, output);
  const connection = openAiConnection({
    apiKey,
    baseUrl,
    timeoutMs,
    now: timing.now,
    policy,
    priceUsd,
  });
  const { url } = connection;
  const slots = requestSlots(requestsInFlight);
  /** The form that the endpoint has answered rightly to, once it has: from then on what it refuses is the question. */
  let knownForm: Form | undefined;

  return {
    provider: "openai",
    model,
    callsInFlight: requestsInFlight,
    priceUsd,

    async ask<T>(
      question: Question<T>,
      { signal, purse }: { signal: AbortSignal; purse?: Purse | undefined },
    ): Promise<LlmAnswer<T>> {
      signal.throwIfAborted();
      const usage = { requests: 0, inputTokens: 0, outputTokens: 0 };
      let wrongAnswers = 0;

      const request = async (form: Form) => {
        const body = chatRequest(question, { model, url, form });
        const most = mostTokens(question, { model, url });
        const asked = await slots.run(async () => {
          const leave = await connection.admit(most, { signal, purse });
          usage.requests++;
          const options = { signal, leave };
          return connection.ask(({ chat }, signal) => chat.completions.create(body, { signal }), options);
        }, signal);
        return { asked, body };
      };

      /** From the strictest form that is not known to be refused to the first that is taken. */
      const inSomeForm = async () => {
        const first = FORMS.indexOf(knownForm ?? "json_schema") + (wrongAnswers > 0 ? 1 : 0);
        const forms = FORMS.slice(Math.min(first, FORMS.length - 1));
        for (const form of forms) {
          const { asked, body } = await request(form);
          const isLast = knownForm === form || form === "words";
          if (!isLast && "failure" in asked && isRefusedShape(asked.failure)) continue;
          return { asked, body, form };
        }
        throw new Error("unreachable: the last form is returned");
      };

      const attempt = async (): Promise<Tried<Given<T>>> => {
        const { asked, body, form } = await inSomeForm();
        if ("failure" in asked) {
          const { failure } = asked;
          return failure.kind === "refused" ? { value: { problem: problemOf(failure) } } : { failure };
        }
        const read = readAnswer(asked.answer);
        if (read === null) return { failure: { kind: "passing", code: "provider_garbled_answer" } };
        const written = "text" in read ? read.text : "";
        usage.inputTokens +=
          read.tokens?.input ?? estimatedTokens(Buffer.byteLength(JSON.stringify(body.messages)));
        usage.outputTokens += read.tokens?.output ?? estimatedTokens(Buffer.byteLength(written));
        if ("problem" in read) return { value: { problem: read.problem } };
        const value = valueIn(read.text, question.answer);
        if (value !== undefined) {
          knownForm ??= form;
          return { value: { value } };
        }
        return ++wrongAnswers < MAX_WRONG_ANSWERS
          ? { failure: { kind: "passing", code: "provider_wrong_answer" } }
          : { value: { problem: "llm_wrong_shape" } };
      };

      let given: Given<T>;
      try {
        given = await retried(attempt, { signal, timing });
      } catch (error) {
        signal.throwIfAborted();
        if (usage.inputTokens + usage.outputTokens === 0 || !isProviders(error)) throw error;
        given = { problem: error.code === "provider_wrong_answer" ? "llm_wrong_shape" : error.code };
      }
      return { ...given, usage: { ...usage, costUsd: cost(usage.inputTokens, usage.outputTokens) } };
    },

    atMost(question) {
      const { input, output } = mostTokens(question, { model, url });
      return {
        tokens: (input + output) * MAX_WRONG_ANSWERS,
        costUsd: times(cost(input, output), MAX_WRONG_ANSWERS),
      };
    },
  };
}

/** The usage of several answers together; the cost of all is unknown when that of one is. */
export function sumUsage(usages: readonly LlmUsage[]): LlmUsage {
  return usages.reduce(
    (sum, usage) => ({
      requests: sum.requests + usage.requests,
      inputTokens: sum.inputTokens + usage.inputTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
      costUsd: sum.costUsd === null || usage.costUsd === null ? null : sum.costUsd + usage.costUsd,
    }),
    { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  );
}

/** A refusal of the request as a whole, which may be about `response_format`; codes alone do not tell. */
function isRefusedShape(failure: Failure): boolean {
  return failure.kind === "refused" && /^provider_refused_(400|422)$/.test(failure.code);
}

function problemOf({ code }: { code: string }): string {
  if (code === "provider_refused_content") return "llm_refused";
  return code === "provider_refused_length" ? "llm_too_long" : code;
}

function isProviders(
  error: unknown,
): error is ProviderError | RetryLaterError | PermanentError | BudgetSpentError {
  return (
    error instanceof ProviderError ||
    error instanceof RetryLaterError ||
    error instanceof PermanentError ||
    error instanceof BudgetSpentError
  );
}

function times(cost: number | null, count: number): number | null {
  return cost === null ? null : cost * count;
}
