/** The day on which the prices below were compared with what the provider and others who list its prices publish. */
export const PRICES_AS_OF = "2026-11-23";

/** List prices in dollars a million tokens, by the name that the model's own provider gives it. */
const prices = {
  "text-embedding-3-small": { input: 0.02, output: 0 },
  "text-embedding-3-large": { input: 0.13, output: 0 },
  "text-embedding-ada-002": { input: 0.1, output: 0 },
  "gpt-4.1": { input: 2, output: 8 },
  "gpt-4.1-mini": { input: 0.4, output: 1.6 },
  "gpt-4.1-nano": { input: 0.1, output: 0.4 },
  "gpt-4o": { input: 2.5, output: 10 },
  "gpt-4o-mini": { input: 0.15, output: 0.6 },
  "gpt-5.4-mini": { input: 0.75, output: 4.5 },
  "gpt-5.4-nano": { input: 0.2, output: 1.25 },
} as const;

/** What the cheapest well-known paid model costs, for comparison. */
export const PAID_MODEL = {
  model: "text-embedding-3-small",
  usdPerMillionTokens: prices["text-embedding-3-small"].input,
} as const;

/** English prose has about four bytes a token; code and other scripts have fewer, so this is an estimate and no bound. */
const BYTES_PER_TOKEN = 4;

export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export function estimatedCostUsd(bytes: number): number {
  return ((bytes / BYTES_PER_TOKEN) * PAID_MODEL.usdPerMillionTokens) / 1_000_000;
}

/** Dollars for tokens at the model's list price; null, never 0, for a model that is not in the table. */
export function costUsd(model: string, inputTokens: number, outputTokens = 0): number | null {
  if (!Object.hasOwn(prices, model)) return null;
  const { input, output } = prices[model as keyof typeof prices];
  return (inputTokens * input + outputTokens * output) / 1_000_000;
}
