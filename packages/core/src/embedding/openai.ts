import { OPENAI_URL } from "../provider/openai-connection.ts";
import { costUsd } from "../provider/prices.ts";
import type { ProviderPolicy } from "../provider/provider-policy.ts";
import { requestSlots } from "../provider/request-slots.ts";
import { realTiming, type Timing } from "../provider/retry.ts";
import type { Embedder, Embeddings } from "./embedder.ts";
import { type InputPart, partsOfInputs, tokensOfInputs } from "./input-parts.ts";
import { type EmbedCall, embedRequest, type OpenAiSession } from "./openai-call.ts";
import { openAiEndpoint } from "./openai-endpoint.ts";
import { openAiModel } from "./openai-models.ts";
import { packInputs } from "./pack-inputs.ts";
import { poolVectors } from "./pool-vectors.ts";

export interface OpenAiEmbedderOptions {
  /** Undefined for an endpoint that wants none. */
  apiKey?: string | undefined;
  /** Any OpenAI-compatible API up to and without `/embeddings`. OpenAI's own by default. */
  baseUrl?: string | undefined;
  model?: string | undefined;
  dimensions?: number | undefined;
  /** Requests at once, over all calls of this embedder. */
  requestsInFlight?: number | undefined;
  /** How long one request may take. */
  timeoutMs?: number | undefined;
  /** Longer inputs are split. OpenAI's limit by default; models on one's own machine often take 512 or 2,048. */
  maxInputTokens?: number | undefined;
  maxRequestInputs?: number | undefined;
  maxRequestTokens?: number | undefined;
  /** For a model whose price is not known here. */
  usdPerMillionTokens?: number | undefined;
  timing?: Timing | undefined;
  policy?: ProviderPolicy | undefined;
}

/**
 * Embeds over any OpenAI-compatible API: OpenAI, Azure, Ollama, vLLM, LM Studio, gateways.
 *
 * Inputs are packed into as few requests as their tokens allow. A longer input is split, its parts' vectors are pooled,
 * and nothing is cut off. What the provider refuses is narrowed down to the input, which is then in `refused`; the
 * others are embedded. Vectors that are not what was asked for are never returned.
 *
 * No error holds text, key or anything that the provider said: `providerProblems` has all codes and messages.
 *
 * @throws {RangeError} for dimensions that the model cannot give, and for a URL or key that no request can be made of
 */
export function openaiEmbedder({
  apiKey,
  baseUrl = OPENAI_URL,
  model = "text-embedding-3-small",
  dimensions = 512,
  requestsInFlight = 4,
  timeoutMs = 60_000,
  maxInputTokens = 8_192,
  maxRequestInputs = 2_048,
  maxRequestTokens = 300_000,
  usdPerMillionTokens,
  timing = realTiming,
  policy,
}: OpenAiEmbedderOptions): Embedder {
  const known = openAiModel(model);
  checkDimensions(model, dimensions);
  const price = (tokens: number) =>
    usdPerMillionTokens === undefined ? costUsd(model, tokens) : (tokens * usdPerMillionTokens) / 1_000_000;
  const session: OpenAiSession = {
    endpoint: openAiEndpoint({
      apiKey,
      baseUrl,
      model,
      timeoutMs,
      now: timing.now,
      policy,
      priceUsd: ({ input, output }) => price(input + output),
    }),
    slots: requestSlots(requestsInFlight),
    timing,
    dimensions,
    maxInputs: maxRequestInputs,
    sendsDimensions: known && dimensions !== known.nativeDimensions,
    otherDimensions: undefined,
  };
  const counting = {
    maxInputTokens: Math.min(maxInputTokens, maxRequestTokens),
    maxRequestTokens,
    hasOpenAiTokens: known !== undefined,
    counted: new Map<string, number>(),
  };
  return {
    provider: "openai",
    model,
    dimensions,
    leavesMachine: true,
    priceUsd: price,
    callsInFlight: requestsInFlight,
    async pack(inputs, { signal }) {
      const tokens = await tokensOfInputs(inputs, { ...counting, signal });
      return packInputs(tokens, { maxInputs: session.maxInputs, maxTokens: maxRequestTokens });
    },
    async embed(inputs, { signal, purse }): Promise<Embeddings> {
      signal.throwIfAborted();
      const { parts, split, empty, areBytes } = await partsOfInputs(inputs, { ...counting, signal });
      const rows = inputs.length + [...split.values()].reduce((sum, own) => sum + own.length - 1, 0);
      const stop = new AbortController();
      const call: EmbedCall = {
        signal: AbortSignal.any([signal, stop.signal]),
        purse,
        areBytes,
        rows: new Float32Array(rows * dimensions),
        answered: new Set(empty),
        refusals: new Map(empty.map((row) => [row, "empty_input"])),
        requests: 0,
        tokens: 0,
        timeouts: 0,
        hasGoodVector: false,
        probe: undefined,
      };
      const limits = { maxInputs: session.maxInputs, maxTokens: maxRequestTokens };
      const requests = packInputs(
        parts.map((part) => part.tokens),
        limits,
      ).map((positions) => positions.map((position) => parts[position]!));

      let failure: { error: unknown } | undefined;
      const ask = (request: InputPart[]) =>
        embedRequest(session, call, request).catch((error: unknown) => {
          failure ??= { error };
          stop.abort();
        });
      // The first answer of a model that is not known here tells its native dimensions: the others wait for it.
      if (session.sendsDimensions === undefined && requests.length > 0) await ask(requests.shift()!);
      if (!stop.signal.aborted) await Promise.all(requests.map(ask));
      const isOpen = (row: number) =>
        split.get(row)?.some((part) => !call.answered.has(part.row)) ?? !call.answered.has(row);
      const open = failure === undefined ? [] : [...inputs.keys()].filter(isOpen);
      // Nothing would be lost but what is free.
      if (failure !== undefined && open.length + empty.length === inputs.length) throw failure.error;

      for (const [row, own] of split) if (!isOpen(row)) pool(call, row, own, dimensions);
      return {
        ...(failure === undefined ? {} : { unanswered: { indexes: open, error: failure.error } }),
        vectors: rows === inputs.length ? call.rows : call.rows.slice(0, inputs.length * dimensions),
        refused: [...call.refusals]
          .filter(([row]) => row < inputs.length && !isOpen(row))
          .sort(([a], [b]) => a - b)
          .map(([index, code]) => ({ index, code })),
        tokens: call.tokens,
        requests: call.requests,
        costUsd: price(call.tokens),
      };
    },
  };
}

function checkDimensions(model: string, dimensions: number): void {
  if (!Number.isInteger(dimensions) || dimensions < 1) {
    throw new RangeError("dimensions must be a whole number above 0");
  }
  const known = openAiModel(model);
  if (known === undefined || dimensions === known.nativeDimensions) return;
  if (!known.canShorten)
    throw new RangeError(`${model} gives ${known.nativeDimensions} dimensions and no other`);
  if (dimensions > known.nativeDimensions) {
    throw new RangeError(`${model} gives at most ${known.nativeDimensions} dimensions`);
  }
}

/** Puts one vector for all parts into the input's row; without one of its parts, the input counts as refused. */
function pool(
  { rows, refusals }: EmbedCall,
  row: number,
  parts: readonly { row: number; tokens: number }[],
  dimensions: number,
): void {
  const own = rows.subarray(row * dimensions, (row + 1) * dimensions);
  const refusedPart = parts.find((part) => refusals.has(part.row));
  const pooled =
    refusedPart === undefined
      ? poolVectors(
          parts.map(({ row, tokens }) => ({
            vector: rows.subarray(row * dimensions, (row + 1) * dimensions),
            tokens,
          })),
        )
      : null;
  if (pooled === null) {
    own.fill(0);
    refusals.set(row, refusedPart === undefined ? "provider_wrong_vector" : refusals.get(refusedPart.row)!);
  } else {
    own.set(pooled);
  }
}
