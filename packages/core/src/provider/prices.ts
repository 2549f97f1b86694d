/** The day on which the prices below were compared with the providers' published lists. */
export const PRICES_AS_OF = "2026-11-23";

/** List price of an embedding model in dollars a million tokens, by the name that its own provider gives it. */
const prices = {
  "text-embedding-3-small": 0.02,
  "text-embedding-3-large": 0.13,
  "text-embedding-ada-002": 0.1,
} as const;

/** What the cheapest well-known paid model costs, for comparison. */
export const PAID_MODEL = {
  model: "text-embedding-3-small",
  usdPerMillionTokens: prices["text-embedding-3-small"],
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
export function costUsd(model: string, tokens: number): number | null {
  if (!Object.hasOwn(prices, model)) return null;
  return (tokens * prices[model as keyof typeof prices]) / 1_000_000;
}
