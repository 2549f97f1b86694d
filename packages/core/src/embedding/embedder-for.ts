import type { PolicySource } from "../provider/policy-source.ts";
import type { Settings } from "../settings.ts";
import type { Embedder } from "./embedder.ts";
import { lexicalEmbedder } from "./lexical.ts";
import { openaiEmbedder } from "./openai.ts";

export type EmbedderSettings = Pick<
  Settings,
  | "embedder"
  | "dimensions"
  | "openaiBaseUrl"
  | "openaiApiKey"
  | "embeddingModel"
  | "requestsInFlight"
  | "maxInputTokens"
  | "usdPerMillionTokens"
  | "tokensPerMinute"
  | "requestsPerMinute"
>;

/**
 * The embedder that the settings choose; where it is somebody else's, under the policy for its endpoint and model. A key alone chooses nothing: it is looked at only where `embedder` says openai.
 *
 * @throws {RangeError} when model, dimensions, URL and key do not go together
 */
export function embedderFor(settings: EmbedderSettings, policyFor?: PolicySource): Embedder {
  switch (settings.embedder) {
    case "lexical":
      return lexicalEmbedder(settings.dimensions);
    case "openai":
      return openaiEmbedder({
        apiKey: settings.openaiApiKey,
        baseUrl: settings.openaiBaseUrl,
        model: settings.embeddingModel,
        dimensions: settings.dimensions,
        requestsInFlight: settings.requestsInFlight,
        maxInputTokens: settings.maxInputTokens,
        usdPerMillionTokens: settings.usdPerMillionTokens,
        policy: policyFor?.({
          baseUrl: settings.openaiBaseUrl,
          model: settings.embeddingModel,
          tokensPerMinute: settings.tokensPerMinute,
          requestsPerMinute: settings.requestsPerMinute,
        }),
      });
  }
}
