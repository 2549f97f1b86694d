import { PermanentError } from "../errors.ts";

/** Every way in which a provider can fail a request as a whole, and what a person can do about it. */
export const providerProblems = {
  provider_key_refused: "the provider refused the API key: check that it is right and may use this model",
  provider_quota_exhausted: "the provider's quota is used up or its bill unpaid: see its billing page",
  provider_model_unknown: "the provider does not know the model: check its name and the URL",
  provider_url_wrong: "there is no such API at this URL: it usually ends in /v1",
  provider_request_refused: "the provider refuses even a single word: check model, dimensions and URL",
  provider_wrong_dimensions: "the provider's vectors have another length than the setting dimensions says",
  provider_wrong_vector_count: "the provider answered with another number of vectors than it was asked for",
  provider_wrong_order: "the provider's answer does not say which vector belongs to which text",
  provider_wrong_vector: "the provider's vectors hold no numbers, or only zeros",
  provider_rate_limited: "the provider wants fewer requests: the rest is done later",
  provider_timeout: "the provider did not answer in time",
  provider_unreachable: "the provider could not be reached, or the connection broke",
  provider_failed: "the provider is overloaded or down, which is likely to pass",
  provider_internal_error: "the provider broke down over the request",
  provider_garbled_answer: "the provider's answer is broken, or an answer to something else",
  provider_wrong_answer: "the language model's answer has another shape than it was asked for",
} as const;

export type ProviderProblem = keyof typeof providerProblems;

/** A failure of the provider that is likely to pass, after as many tries as one call may take. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly code: ProviderProblem;
  constructor(code: ProviderProblem) {
    super(providerProblems[code]);
    this.code = code;
  }
}

/** The provider is to be asked again after `delayMs`, longer than a worker should wait: no fault of the work's. */
export class RetryLaterError extends Error {
  override readonly name = "RetryLaterError";
  readonly code: ProviderProblem;
  readonly delayMs: number;
  constructor(code: ProviderProblem, delayMs: number) {
    super(providerProblems[code]);
    this.code = code;
    this.delayMs = delayMs;
  }
}

/**
 * A failure that stays until somebody changes a setting or pays a bill. `detail` is added to the message: never the
 * provider's own words, which may repeat the notes.
 */
export function permanentProblem(code: ProviderProblem, detail?: string): PermanentError {
  return new PermanentError(code, providerProblems[code] + (detail === undefined ? "" : ` (${detail})`));
}
