import { type OpenAiEmbedderOptions, openaiEmbedder } from "@noctuary/core/embedding/openai";
import { afterEach } from "vitest";
import { type OpenAiServer, type OpenAiServerOptions, startOpenAiServer } from "../support/openai-server.ts";

const DIMENSIONS = 16;

/**
 * What files of tests about what an endpoint refuses have in common: an endpoint as a test wants it, until the test's
 * end, and an embedder of sixteen numbers that waits for nothing. To be called once, at the top of the file.
 */
export function smallVectors() {
  let server: OpenAiServer | undefined;
  afterEach(() => server?.close());
  return {
    get server() {
      return server!;
    },
    async embedderOf(options: OpenAiServerOptions, own: OpenAiEmbedderOptions = {}) {
      server = await startOpenAiServer(options);
      const timing = { sleep: async () => {}, random: () => 0, now: () => 0 };
      return openaiEmbedder({
        apiKey: "sk-test",
        baseUrl: server.url,
        dimensions: DIMENSIONS,
        timing,
        ...own,
      });
    },
  };
}

export const notes = (count: number) => Array.from({ length: count }, (_, i) => `note ${i}`);
export const rowOf = (vectors: Float32Array, row: number) =>
  vectors.slice(row * DIMENSIONS, (row + 1) * DIMENSIONS);
