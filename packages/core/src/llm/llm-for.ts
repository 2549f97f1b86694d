import type { PolicySource } from "../provider/policy-source.ts";
import type { Settings } from "../settings.ts";
import type { Llm } from "./llm.ts";
import { openaiLlm } from "./openai.ts";

export type LlmSettings = Pick<
  Settings,
  | "llm"
  | "llmModel"
  | "llmBaseUrl"
  | "llmApiKey"
  | "llmTimeoutMs"
  | "llmUsdPerMillionInputTokens"
  | "llmUsdPerMillionOutputTokens"
  | "openaiBaseUrl"
  | "openaiApiKey"
  | "requestsInFlight"
  | "llmTokensPerMinute"
  | "llmRequestsPerMinute"
>;

/**
 * The language model that the settings choose; null for none. A key alone chooses nothing.
 *
 * @throws {RangeError} when URL and key do not go together
 */
export function llmFor(settings: LlmSettings, policyFor?: PolicySource): Llm | null {
  if (settings.llm === "none") return null;
  const { llmUsdPerMillionInputTokens: input, llmUsdPerMillionOutputTokens: output } = settings;
  return openaiLlm({
    apiKey: keyOf(settings),
    baseUrl: llmUrl(settings),
    model: settings.llmModel,
    requestsInFlight: settings.requestsInFlight,
    timeoutMs: settings.llmTimeoutMs,
    policy: policyFor?.({
      baseUrl: llmUrl(settings),
      model: settings.llmModel,
      tokensPerMinute: settings.llmTokensPerMinute,
      requestsPerMinute: settings.llmRequestsPerMinute,
      timeoutMs: settings.llmTimeoutMs,
    }),
    usdPerMillionTokens:
      input === undefined && output === undefined ? undefined : { input: input ?? 0, output: output ?? 0 },
  });
}

/** Where questions go: the embedder's URL where there is none of its own. */
export function llmUrl({
  llmBaseUrl,
  openaiBaseUrl,
}: Pick<LlmSettings, "llmBaseUrl" | "openaiBaseUrl">): string {
  return llmBaseUrl ?? openaiBaseUrl;
}

/** The embedder's key goes to the embedder's host, and to no other. */
function keyOf(settings: LlmSettings): string | undefined {
  const isSameHost = new URL(llmUrl(settings)).origin === new URL(settings.openaiBaseUrl).origin;
  return settings.llmApiKey ?? (isSameHost ? settings.openaiApiKey : undefined);
}
