import type { Database } from "@noctuary/db/database";
import { type ProviderPolicy, sharedPolicy } from "./provider-policy.ts";
import type { Timing } from "./retry.ts";

/** Whom a policy is for, and what was set for it. */
export interface PolicyFor {
  baseUrl: string;
  model: string;
  tokensPerMinute: number | undefined;
  requestsPerMinute: number | undefined;
  timeoutMs?: number | undefined;
}

export type PolicySource = (wanted: PolicyFor) => ProviderPolicy;

/** Policies that the whole fleet shares: one for each endpoint and model, so that one that is down stops no other. */
export function sharedPolicies(db: Database, timing?: Timing): PolicySource {
  return ({ baseUrl, model, tokensPerMinute = null, requestsPerMinute = null, timeoutMs = 60_000 }) =>
    sharedPolicy({
      db,
      key: policyKey(baseUrl, model),
      limits: { tokensPerMinute, requestsPerMinute },
      timeoutMs,
      timing,
    });
}

/** A query may hold a key, so it is left out. */
export function policyKey(baseUrl: string, model: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${pathname.replace(/\/+$/, "")} ${model}`;
}
