import type { SeenLimits } from "./decide-admission.ts";

/** The limits that OpenAI, Azure and most gateways send with each answer; what makes no sense is left out. */
export function limitsInHeaders(headers: Pick<Headers, "get">): { tokens: SeenLimits; requests: SeenLimits } {
  const seen = (what: "tokens" | "requests"): SeenLimits => ({
    limit: positive(headers.get(`x-ratelimit-limit-${what}`)),
    remaining: number(headers.get(`x-ratelimit-remaining-${what}`)),
    resetMs: durationMs(headers.get(`x-ratelimit-reset-${what}`)),
  });
  return { tokens: seen("tokens"), requests: seen("requests") };
}

function number(value: string | null): number | undefined {
  return value !== null && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : undefined;
}

/** A limit of nothing would be a provider that nobody can ask: some gateways send 0 for "none". */
function positive(value: string | null): number | undefined {
  return number(value) || undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** "6m0s", "1.5s", "20ms", or seconds alone. */
function durationMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number(value) * 1_000;
  if (!/^\s*(\d+(\.\d+)?(ms|s|m|h|d))+\s*$/.test(value)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    ms += Number(amount) * UNITS_MS[unit!]!;
  return ms;
}
