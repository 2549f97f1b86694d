import type { Purse } from "../budget/purse.ts";

/**
 * Turns texts into vectors whose cosine similarity says how alike the texts are.
 *
 * An embedder is deterministic per `provider` + `model` + `dimensions`: vectors of two different triples are
 * never compared with each other.
 */
export interface Embedder {
  readonly provider: string;
  readonly model: string;
  readonly dimensions: number;
  /** True when texts are sent to another machine. */
  readonly leavesMachine: boolean;
  /** Calls of `embed` that may be under way at once. */
  readonly callsInFlight: number;
  /**
   * Groups inputs, by their indexes, so that each group is one call of `embed` and as a rule one request: what is
   * saved after each call is never paid for twice.
   */
  pack(inputs: readonly string[], options: { signal: AbortSignal }): Promise<number[][]>;
  /**
   * Embeds all inputs that the provider takes, or rejects: with the signal's reason once it is aborted, with a
   * `PermanentError` when no further try can help, with a `RetryLaterError` when the provider asks for a long wait, with a
   * `BudgetSpentError` when the purse that is to pay for it is empty. Where some inputs had their answer before that, it
   * does not reject: what they have cost is not to be paid again.
   */
  embed(
    inputs: readonly string[],
    options: { signal: AbortSignal; purse?: Purse | undefined },
  ): Promise<Embeddings>;
  /** Dollars for so many tokens; null when the price of the model is not known. */
  priceUsd(tokens: number): number | null;
}

export interface Embeddings {
  /** Row-major, `inputs.length` x `dimensions`, in the order of the inputs; rows of unit length, zeros where refused. */
  vectors: Float32Array;
  /** The inputs that this provider will never take as they are, by ascending index. */
  refused: RefusedInput[];
  /** The inputs that were asked for in vain, their rows meaningless, and what a rejection would have said. */
  unanswered?: { indexes: number[]; error: unknown };
  /** Tokens as the provider bills them; 0 where nothing is billed. */
  tokens: number;
  requests: number;
  /** Null when the price of the model is not known. */
  costUsd: number | null;
}

export interface RefusedInput {
  index: number;
  /** Why, as a word that may be stored and logged: "provider_refused_400". */
  code: string;
}
