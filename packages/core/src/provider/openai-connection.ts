import type OpenAI from "openai";
import type { Purse, Reservation } from "../budget/purse.ts";
import { loadOpenAi } from "./openai-client.ts";
import { type Failure, failureOf } from "./openai-errors.ts";
import { noPolicy, type Pass, type ProviderPolicy } from "./provider-policy.ts";

export const OPENAI_URL = "https://api.openai.com/v1";

export interface ConnectionOptions {
  /** Undefined for an endpoint that wants none, as on one's own machine. */
  apiKey: string | undefined;
  /** Up to and without `/embeddings` or `/chat`. A query, as Azure's `?api-version=`, is sent with each request. */
  baseUrl: string;
  /** From the first byte sent to the last byte read. */
  timeoutMs: number;
  now: () => number;
  /** Asked before each request, and told of its end. */
  policy?: ProviderPolicy | undefined;
  /** What tokens cost; null where nobody knows. */
  priceUsd: (tokens: Tokens) => number | null;
}

export interface Tokens {
  input: number;
  output: number;
}

/** Leave to make one request, and the money for it. */
export interface Leave {
  pass: Pass;
  reservation: Reservation | undefined;
}

export interface OpenAiConnection {
  readonly url: URL;
  /**
   * Waits for leave to make a request of so many tokens at the most, and sets aside what they cost: where money is short
   * and `exactly` is given, what those cost.
   *
   * @throws {RetryLaterError} as a policy does, {BudgetSpentError} as a purse does; nobody is asked then
   */
  admit(
    most: Tokens,
    options: { signal: AbortSignal; purse: Purse | undefined; exactly?: () => Promise<Tokens> },
  ): Promise<Leave>;
  /**
   * Makes one request.
   *
   * @returns the answer as it came, parsed; rejects only with the signal's reason once it is aborted
   */
  ask(
    request: (client: OpenAI, signal: AbortSignal) => Promise<unknown>,
    options: { signal: AbortSignal; leave: Leave },
  ): Promise<{ answer: unknown } | { failure: Failure }>;
}

/** Any OpenAI-compatible API. @throws {RangeError} for a URL or key that no request can be made of */
export function openAiConnection({
  apiKey,
  baseUrl,
  timeoutMs,
  now,
  policy = noPolicy,
  priceUsd,
}: ConnectionOptions): OpenAiConnection {
  const url = endpointUrl(baseUrl);
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new RangeError("the API key holds blanks or characters that no key has");
  }
  let client: Promise<OpenAI> | undefined;
  return {
    url,
    async admit(most, { signal, purse, exactly }) {
      const exactUsd = exactly && (async () => priceUsd(await exactly()));
      const reservation = await purse?.reserve(priceUsd(most), exactUsd);
      try {
        return { pass: await policy.admit(most.input + most.output, signal), reservation };
      } catch (error) {
        await reservation?.settle(0);
        throw error;
      }
    },
    async ask(request, { signal, leave: { pass, reservation } }) {
      let outcome: Outcome = "abandoned";
      let billed: Tokens | undefined;
      let isSent = false;
      try {
        client ??= loadOpenAi({ url, apiKey, sawHeaders: (headers) => policy.sawHeaders(headers) });
        const loaded = await client;
        signal.throwIfAborted();
        // Ours and not the SDK's timeout, which ends when the headers are in.
        const timeout = AbortSignal.timeout(timeoutMs);
        isSent = true;
        try {
          const answer = await request(loaded, AbortSignal.any([signal, timeout]));
          outcome = "answered";
          billed = billedTokens(answer);
          return { answer };
        } catch (error) {
          signal.throwIfAborted();
          outcome = timeout.aborted
            ? { kind: "passing", code: "provider_timeout", mayBeBilled: true }
            : failureOf(error, now);
          return { failure: outcome };
        }
      } finally {
        const costUsd = isSent ? costOf(outcome, billed, priceUsd) : 0;
        const tokens = billed === undefined ? undefined : billed.input + billed.output;
        await Promise.all([pass.ended(outcome, tokens), reservation?.settle(costUsd)]);
      }
    },
  };
}

/** What a wrong URL holds is not repeated: it may be a password. */
function endpointUrl(baseUrl: string): URL {
  const url = URL.parse(baseUrl);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError("the provider's URL must begin with http:// or https://");
  }
  if (url.username !== "" || url.password !== "") {
    throw new RangeError(
      "the provider's URL must hold no user and password: the key has a setting of its own",
    );
  }
  return url;
}

type Outcome = Parameters<Pass["ended"]>[0];

/** What the provider says that a request took; undefined where it does not, or says something else. */
function billedTokens(answer: unknown): Tokens | undefined {
  const usage = (answer as { usage?: Record<string, unknown> } | null | undefined)?.usage;
  const number = (value: unknown) =>
    typeof value === "number" && Number.isFinite(value) ? value : undefined;
  const total = number(usage?.total_tokens);
  if (total === undefined) return undefined;
  const output = number(usage?.completion_tokens) ?? 0;
  return { input: total - output, output };
}

/**
 * What a request that was sent has cost; null where nobody knows. An answer that says no is free. What broke off may have
 * been worked on, and billed.
 */
function costOf(
  outcome: Outcome,
  billed: Tokens | undefined,
  priceUsd: ConnectionOptions["priceUsd"],
): number | null {
  if (billed !== undefined) return priceUsd(billed);
  if (typeof outcome === "string") return null;
  return outcome.kind === "passing" && outcome.mayBeBilled === true ? null : 0;
}
