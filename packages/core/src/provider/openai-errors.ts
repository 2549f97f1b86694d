import type { ProviderProblem } from "./provider-errors.ts";

/** What a failed request means for the next one. */
export type Failure =
  /** The inputs, or their number, are not to the provider's taste. */
  | { readonly kind: "refused"; readonly code: string }
  /** No further request can succeed. */
  | { readonly kind: "final"; readonly code: ProviderProblem; readonly detail?: string }
  /**
   * The same request may succeed later; `askedWaitMs` is what the provider asks for. `mayBeBilled` where it was sent and
   * its answer did not come, or not whole.
   */
  | {
      readonly kind: "passing";
      readonly code: ProviderProblem;
      readonly askedWaitMs?: number;
      readonly mayBeBilled?: true;
    };

/** Words for the same two troubles at OpenAI, Azure and gateways, in the fields `code` and `type`. */
const quotaWords = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "billing_not_active",
  "insufficient_credits",
]);
const modelWords = new Set(["model_not_found", "DeploymentNotFound", "OperationNotSupported"]);
const keyWords = new Set(["invalid_api_key", "API_KEY_INVALID"]);

/** Refusals of an input that say more than their status. Others' words may be the note's own, so they are not kept. */
const inputWords: Readonly<Record<string, string>> = {
  content_filter: "provider_refused_content",
  content_policy_violation: "provider_refused_content",
  context_length_exceeded: "provider_refused_length",
  string_above_max_length: "provider_refused_length",
};

/** The fields of the SDK's errors that are read, all of them out of somebody else's answer. */
interface StatusError {
  status: number;
  code?: unknown;
  type?: unknown;
  error?: unknown;
  headers?: Pick<Headers, "get">;
}

/**
 * What an error of the SDK or of fetch means. Only status, headers and known words of the body are read: its message
 * may repeat the request, and so notes or the key.
 */
export function failureOf(error: unknown, now: () => number): Failure {
  if (hasStatus(error)) return failureOfStatus(error, now);
  // The body was no JSON, for all that its type said.
  if (error instanceof SyntaxError)
    return { kind: "passing", code: "provider_garbled_answer", mayBeBilled: true };
  return {
    kind: "passing",
    code: "provider_unreachable",
    ...(wasNeverSent(error) ? {} : { mayBeBilled: true }),
  };
}

/** Troubles of Node and undici with finding a host, or with connecting to it. */
const notConnected = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function wasNeverSent(error: unknown): boolean {
  for (let e = error, depth = 0; typeof e === "object" && e !== null && depth < 8; depth++) {
    if (notConnected.has(String((e as { code?: unknown }).code))) return true;
    e = (e as { cause?: unknown }).cause;
  }
  return false;
}

function failureOfStatus(error: StatusError, now: () => number): Failure {
  const { status, headers } = error;
  const words = [error.code, error.type].filter((word) => typeof word === "string");
  const says = (known: ReadonlySet<string>) => words.some((word) => known.has(word));
  const final = (code: ProviderProblem): Failure => ({ kind: "final", code, detail: `HTTP ${status}` });

  if (status === 402 || says(quotaWords)) return final("provider_quota_exhausted");
  if (status === 401 || status === 403 || says(keyWords)) return final("provider_key_refused");
  if (says(modelWords)) return final("provider_model_unknown");
  if (status === 404 || status === 410) {
    // A page, or a framework's own 404, knows no model because it is no provider.
    return final(
      words.length > 0 || hasMessage(error.error) ? "provider_model_unknown" : "provider_url_wrong",
    );
  }
  if (status === 400 || status === 413 || status === 422) {
    const word = words.find((word) => Object.hasOwn(inputWords, word));
    return { kind: "refused", code: word === undefined ? `provider_refused_${status}` : inputWords[word]! };
  }
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) {
    const askedWaitMs = headers && askedWait(headers, now);
    return {
      kind: "passing",
      code: passingCode(status),
      ...(askedWaitMs === undefined ? {} : { askedWaitMs }),
    };
  }
  return final(status < 400 || status === 405 ? "provider_url_wrong" : "provider_request_refused");
}

function passingCode(status: number): ProviderProblem {
  switch (status) {
    case 408:
      return "provider_timeout";
    case 429:
      return "provider_rate_limited";
    case 500:
      return "provider_internal_error";
    default:
      return "provider_failed";
  }
}

function hasStatus(error: unknown): error is StatusError {
  return typeof (error as { status?: unknown } | null | undefined)?.status === "number";
}

function hasMessage(body: unknown): boolean {
  return typeof (body as { message?: unknown } | null | undefined)?.message === "string";
}

const MAX_WAIT_MS = 24 * 3_600_000;

/** Milliseconds that `retry-after-ms` or `Retry-After` (RFC 9110, 10.2.3) ask for; undefined if they make no sense. */
function askedWait(headers: Pick<Headers, "get">, now: () => number): number | undefined {
  const waits = [
    () => plainNumber(headers.get("retry-after-ms")),
    () => plainNumber(headers.get("retry-after"), 1_000),
    () => waitUntil(headers.get("retry-after"), now),
  ];
  for (const wait of waits) {
    const ms = wait();
    if (ms !== undefined) return Math.min(ms, MAX_WAIT_MS);
  }
  return undefined;
}

function plainNumber(value: string | null, scale = 1): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Math.ceil(Number(value) * scale) : undefined;
}

/** An HTTP date names its day or its month; Date.parse alone would take "-5" for a year. */
function waitUntil(value: string | null, now: () => number): number | undefined {
  if (value === null || !/[a-z]{3}/i.test(value)) return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now());
}
