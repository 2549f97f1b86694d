import type * as z from "zod";
import type { Purse } from "../budget/purse.ts";

/**
 * A language model that answers questions in a shape that was asked for.
 *
 * What it answers is never taken on trust: whoever asks checks the value against the facts it was given.
 */
export interface Llm {
  readonly provider: string;
  readonly model: string;
  /** Calls of `ask` that may be under way at once; more of them wait for their turn. */
  readonly callsInFlight: number;
  /**
   * The answer, or why there is none that can be used; both with what they cost. Rejects as an embedder does: with the
   * signal's reason once it is aborted, with a `PermanentError` when no further try can help, with a `RetryLaterError`
   * when the provider asks for a long wait, with a `ProviderError` when it fails, with a `BudgetSpentError` when the
   * purse that is to pay for it is empty. Once a try was paid for it resolves.
   */
  ask<T>(
    question: Question<T>,
    options: { signal: AbortSignal; purse?: Purse | undefined },
  ): Promise<LlmAnswer<T>>;
  /** What a question may cost at the most, all its tries together. Calls nobody. */
  atMost(question: Question<unknown>): { tokens: number; costUsd: number | null };
  /** Null when the price of the model is not known. */
  priceUsd(tokens: { input: number; output: number }): number | null;
}

export interface Question<T> {
  /** What the answer is: letters, digits and _, at most 64. Sent with the schema. */
  name: string;
  /** Our own words, and no one else's. */
  instructions: string;
  /**
   * Notes and facts: any JSON value. It is sent as one JSON document in a message of its own, so that nothing in it
   * closes a fence or passes for an instruction; what looks like one (`holdsInstructions`) is left out by whoever asks.
   */
  material: unknown;
  /** An object without optional fields (`nullable` instead): strict mode knows none. Lengths are checked, not sent. */
  answer: z.ZodType<T>;
  /** Longer answers are cut off, and a cut answer is none. */
  maxAnswerTokens: number;
}

/** `problem` is a word that may be stored and logged: "llm_refused". */
export type LlmAnswer<T> = { usage: LlmUsage } & ({ value: T } | { problem: string });

export interface LlmUsage {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  /** Null when the price of the model is not known. */
  costUsd: number | null;
}
