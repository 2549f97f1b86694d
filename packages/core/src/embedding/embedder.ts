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
  /** Embeds all inputs or none; rejects with the signal's reason once it is aborted. */
  embed(inputs: readonly string[], options: { signal: AbortSignal }): Promise<Embeddings>;
}

export interface Embeddings {
  /** Row-major, `inputs.length` x `dimensions`, in the order of the inputs, each row of unit length. */
  vectors: Float32Array;
  /** Tokens as the provider bills them; 0 where nothing is billed. */
  tokens: number;
  requests: number;
  /** Null when the price of the model is not known. */
  costUsd: number | null;
}
