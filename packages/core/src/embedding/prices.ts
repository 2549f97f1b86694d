/** What the cheapest well-known paid model costs, for comparison. Published list price, as of November 2026. */
export const PAID_MODEL = { model: "text-embedding-3-small", usdPerMillionTokens: 0.02 } as const;

/** English prose has about four bytes a token; code and other scripts have fewer, so this is an estimate and no bound. */
const BYTES_PER_TOKEN = 4;

export function estimatedCostUsd(bytes: number): number {
  return ((bytes / BYTES_PER_TOKEN) * PAID_MODEL.usdPerMillionTokens) / 1_000_000;
}
