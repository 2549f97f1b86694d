import type { Embedder } from "@noctuary/core/embedding/embedder";

export interface CountingEmbedder extends Embedder {
  /** Every text that was paid for, in order. */
  readonly texts: string[];
}

/** An embedder that keeps what it answered. */
export function countingEmbedder(embedder: Embedder, texts: string[] = []): CountingEmbedder {
  return {
    ...embedder,
    texts,
    async embed(inputs, options) {
      const answer = await embedder.embed(inputs, options);
      texts.push(...inputs);
      return answer;
    },
  };
}

/** An error as a provider's SDK makes one: the request, and so the notes, in message, cause and fields. */
export class ProviderError extends Error {
  readonly code = "provider_down";
  readonly request: readonly string[];
  constructor(inputs: readonly string[]) {
    super(`could not embed ${inputs.join()}`, { cause: new Error(inputs.join(), { cause: inputs }) });
    this.request = inputs;
  }
}

/** Fails whenever `when` says so, which hears of every request. */
export function failingEmbedder(
  embedder: Embedder,
  when: (inputs: readonly string[]) => boolean,
  error: (inputs: readonly string[]) => Error = (inputs) => new ProviderError(inputs),
): Embedder {
  return {
    ...embedder,
    async embed(inputs, options) {
      if (when(inputs)) throw error(inputs);
      return embedder.embed(inputs, options);
    },
  };
}

/** Lets its first request wait until it is told to go on or to fail. */
export function waitingEmbedder(embedder: Embedder) {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let isFirst = true;
  const waiting: Embedder = {
    ...embedder,
    async embed(inputs, options) {
      if (isFirst) {
        isFirst = false;
        asked.resolve();
        await answer.promise;
      }
      return embedder.embed(inputs, options);
    },
  };
  return { embedder: waiting, asked: asked.promise, answer: answer.resolve, fail: answer.reject };
}
