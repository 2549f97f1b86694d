import type { Purse } from "../budget/purse.ts";
import type { Failure } from "../provider/openai-errors.ts";
import { estimatedTokens } from "../provider/prices.ts";
import { ProviderError, type ProviderProblem, permanentProblem } from "../provider/provider-errors.ts";
import type { RequestSlots } from "../provider/request-slots.ts";
import { retried, type Timing, type Tried } from "../provider/retry.ts";
import { readVectors } from "./check-vectors.ts";
import { loadOpenAiTokenCounter } from "./count-tokens.ts";
import type { InputPart } from "./input-parts.ts";
import type { Endpoint } from "./openai-endpoint.ts";

/** What lives as long as the embedder. The fields that change are learned from the endpoint's answers. */
export interface OpenAiSession {
  readonly endpoint: Endpoint;
  readonly slots: RequestSlots;
  readonly timing: Timing;
  readonly dimensions: number;
  /** Inputs in one request at most. Falls when the endpoint refuses a number, or is too slow for it. */
  maxInputs: number;
  /** Endpoints whose model has one length only refuse or ignore the field. Undefined until the length is known. */
  sendsDimensions: boolean | undefined;
  /** The length that the endpoint answered with when it was another one than wanted. */
  otherDimensions: number | undefined;
}

/** What lives as long as one call of `embed`. */
export interface EmbedCall {
  readonly signal: AbortSignal;
  /** Who pays; undefined where nobody has a budget. */
  readonly purse: Purse | undefined;
  /** The parts' tokens are their bytes, which are several times as many. */
  readonly areBytes: boolean;
  /** A row of `dimensions` for each part. */
  readonly rows: Float32Array;
  /** The rows that have their vector or their refusal. */
  readonly answered: Set<number>;
  /** Why the provider will not take a part, by row. */
  readonly refusals: Map<number, string>;
  requests: number;
  tokens: number;
  timeouts: number;
  /** Once the endpoint has answered rightly, what it refuses is the fault of the input. */
  hasGoodVector: boolean;
  probe: Promise<void> | undefined;
}

/** A text that no provider can have anything against. */
const HARMLESS: InputPart = { text: "Noctuary", tokens: 4, row: -1 };
/** Requests of one call that may be too slow: each time the next one is half as large. */
const MAX_TIMEOUTS = 3;

type Answer = { vectors: Float32Array; wrong: readonly number[] } | { refused: string } | { isTooSlow: true };

/**
 * Asks for the parts' vectors and puts them into the call's rows. What is refused is asked for in halves, down to the
 * part that is refused alone: that takes at most 2 log2(n) further requests a refused part.
 *
 * @returns whether every part has its vector
 */
export async function embedRequest(
  session: OpenAiSession,
  call: EmbedCall,
  parts: readonly InputPart[],
  isHalf = false,
): Promise<boolean> {
  if (parts.length > session.maxInputs) return embedHalves(session, call, parts);
  let answer: Answer;
  try {
    answer = await askFor(session, call, parts);
  } catch (error) {
    // Some servers break down over a text (Ollama over one whose vector is NaN) instead of refusing it. That it is the
    // text's fault shows in that its neighbours and a harmless text still have their answers.
    const isBreakdown = error instanceof ProviderError && error.code === "provider_internal_error";
    if (!isBreakdown || (parts.length === 1 && !isHalf) || !(await answersHarmlessText(session, call)))
      throw error;
    if (parts.length > 1) return embedHalves(session, call, parts);
    refuse(session, call, parts[0]!, "provider_refused_500");
    return false;
  }
  if ("isTooSlow" in answer) {
    session.maxInputs = Math.min(session.maxInputs, half(parts.length));
    return embedHalves(session, call, parts);
  }
  if ("refused" in answer) {
    await proveThatEndpointWorks(session, call);
    if (parts.length === 1) {
      refuse(session, call, parts[0]!, answer.refused);
      return false;
    }
    const areAllTaken = await embedHalves(session, call, parts);
    // Nothing was wrong with any of them, so there were too many.
    if (areAllTaken) session.maxInputs = Math.min(session.maxInputs, half(parts.length));
    return areAllTaken;
  }
  const { vectors, wrong } = answer;
  if (wrong.length === parts.length) await proveThatEndpointWorks(session, call);
  const isInPlace = vectors.buffer === call.rows.buffer;
  for (const [i, { row }] of parts.entries()) {
    call.answered.add(row);
    if (isInPlace) continue;
    call.rows.set(
      vectors.subarray(i * session.dimensions, (i + 1) * session.dimensions),
      row * session.dimensions,
    );
  }
  for (const i of wrong) refuse(session, call, parts[i]!, "provider_wrong_vector");
  return wrong.length === 0;
}

/** An answer that was no good may have left something in the part's row. */
function refuse({ dimensions }: OpenAiSession, call: EmbedCall, { row }: InputPart, code: string): void {
  call.rows.fill(0, row * dimensions, (row + 1) * dimensions);
  call.refusals.set(row, code);
  call.answered.add(row);
}

/** One half after the other, so that the second one knows what the first one taught. */
async function embedHalves(
  session: OpenAiSession,
  call: EmbedCall,
  parts: readonly InputPart[],
): Promise<boolean> {
  const middle = half(parts.length);
  const isFirstTaken = await embedRequest(session, call, parts.slice(0, middle), true);
  const isSecondTaken = await embedRequest(session, call, parts.slice(middle), true);
  return isFirstTaken && isSecondTaken;
}

const half = (count: number) => Math.ceil(count / 2);

/** One request with its retries. @throws as `retried` does */
function askFor(session: OpenAiSession, call: EmbedCall, parts: readonly InputPart[]): Promise<Answer> {
  const { endpoint, slots, timing, dimensions } = session;
  const { signal, purse, areBytes } = call;
  const texts = parts.map((part) => part.text);
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  const exactly = async () => {
    const count = await loadOpenAiTokenCounter();
    return { input: texts.reduce((sum, text) => sum + count(text), 0), output: 0 };
  };
  let hasAnsweredWrongly = false;
  /** A wrong answer may have been an accident once. */
  const wrongAnswer = (
    code: ProviderProblem,
    detail?: string,
  ): { failure: Exclude<Failure, { kind: "refused" }> } => {
    if (hasAnsweredWrongly)
      return { failure: { kind: "final", code, ...(detail === undefined ? {} : { detail }) } };
    hasAnsweredWrongly = true;
    return { failure: { kind: "passing", code } };
  };

  const attempt = async (): Promise<Tried<Answer>> => {
    const asked = await slots.run(async () => {
      const most = { input: tokens, output: 0 };
      const leave = await endpoint.admit(most, { signal, purse, ...(areBytes ? { exactly } : {}) });
      call.requests++;
      const asksFor = session.sendsDimensions ? dimensions : undefined;
      return endpoint.ask(texts, { dimensions: asksFor, signal, leave });
    }, signal);
    if ("failure" in asked) {
      const { failure } = asked;
      if (failure.kind === "refused") return { value: { refused: failure.code } };
      const isSlow = failure.kind === "passing" && failure.code === "provider_timeout";
      if (isSlow && ++call.timeouts < MAX_TIMEOUTS && parts.length > 1) return { value: { isTooSlow: true } };
      return { failure };
    }
    const vectors = placeOf(parts, call.rows, dimensions);
    const checked = readVectors(asked.answer, vectors, dimensions);
    if ("problem" in checked) {
      const { problem } = checked;
      if (problem === "provider_garbled_answer") return { failure: { kind: "passing", code: problem } };
      if (checked.dimensions === undefined) return wrongAnswer(problem);
      session.otherDimensions = checked.dimensions;
      session.sendsDimensions ??= true;
      return wrongAnswer(problem, `${checked.dimensions} and not ${dimensions}`);
    }
    call.tokens +=
      checked.tokens ?? texts.reduce((sum, text) => sum + estimatedTokens(Buffer.byteLength(text)), 0);
    session.sendsDimensions ??= false;
    if (checked.wrong.length < parts.length) call.hasGoodVector = true;
    if (checked.wrong.length > 0 && !hasAnsweredWrongly) return wrongAnswer("provider_wrong_vector");
    return { value: { vectors, wrong: checked.wrong } };
  };
  return retried(attempt, { signal, timing });
}

/** Where vectors of parts are read into: the call's own rows, where those of the parts stand one behind the other. */
function placeOf(parts: readonly InputPart[], rows: Float32Array, dimensions: number): Float32Array {
  const first = parts[0]!.row;
  return first >= 0 && parts.every(({ row }, i) => row === first + i)
    ? rows.subarray(first * dimensions, (first + parts.length) * dimensions)
    : new Float32Array(parts.length * dimensions);
}

/**
 * A provider that refuses everything has something against the request and not against the notes: they must not be
 * recorded as refused.
 *
 * @throws {PermanentError} when it refuses a harmless text too
 */
async function proveThatEndpointWorks(session: OpenAiSession, call: EmbedCall): Promise<void> {
  if (call.hasGoodVector) return;
  call.probe ??= probe(session, call);
  await call.probe;
}

async function probe(session: OpenAiSession, call: EmbedCall): Promise<void> {
  const { dimensions, otherDimensions } = session;
  const answer = await askFor(session, call, [HARMLESS]);
  if ("vectors" in answer) {
    if (answer.wrong.length > 0) throw permanentProblem("provider_wrong_vector");
    return;
  }
  // It had nothing against the text before it was asked for another length.
  if (otherDimensions !== undefined) {
    throw permanentProblem("provider_wrong_dimensions", `${otherDimensions} and not ${dimensions}`);
  }
  throw permanentProblem("provider_request_refused");
}

async function answersHarmlessText(session: OpenAiSession, call: EmbedCall): Promise<boolean> {
  try {
    await probe(session, call);
    return true;
  } catch {
    call.signal.throwIfAborted();
    return false;
  }
}
