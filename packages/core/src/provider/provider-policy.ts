import { asLedger, type LedgerTransaction } from "@noctuary/db/access";
import type { Database } from "@noctuary/db/database";
import { lockProvider, type ProviderState, saveProvider } from "@noctuary/db/provider/provider-state";
import {
  type Admission,
  afterAnswer,
  afterFailure,
  afterHeaders,
  decideAdmission,
  isLow,
  type Limits,
  type SeenLimits,
} from "./decide-admission.ts";
import type { Failure } from "./openai-errors.ts";
import { type ProviderProblem, RetryLaterError } from "./provider-errors.ts";
import { limitsInHeaders } from "./rate-limit-headers.ts";
import { LONGEST_WAIT_MS, realTiming, spread, type Timing } from "./retry.ts";

/** Leave to make one request. */
export interface Pass {
  /** What became of it, and the tokens that the provider counted, where it says so. Called once, whatever it was. */
  ended(outcome: Failure | "answered" | "abandoned", tokens?: number): Promise<void>;
}

/** Stands between the program and one model of one provider. */
export interface ProviderPolicy {
  /**
   * Waits for leave to make a request of so many tokens, 20 s at the most.
   *
   * @throws {RetryLaterError} where it takes longer, or longer than the signal's timeout leaves; nobody is asked then
   */
  admit(tokens: number, signal: AbortSignal): Promise<Pass>;
  /** Learns from the headers of any answer. */
  sawHeaders(headers: Pick<Headers, "get">): void;
}

/** Lets everything through: for a provider that nobody else asks. */
export const noPolicy: ProviderPolicy = {
  admit: async () => ({ ended: async () => {} }),
  sawHeaders() {},
};

/** How long a worker goes by what it has last read of a provider that answers and has no limits. */
const FRESH_MS = 1_000;
/** Small requests are promised so many at a time; what is not used in time is lost. */
const CHUNK_REQUESTS = 4;
const CHUNK_USABLE_MS = 5_000;
/** At most so often a worker passes on what headers say is left. */
const TELL_EVERY_MS = 1_000;

/** Failures that say that a provider is down, and not that it has something against a request. */
const down: ReadonlySet<ProviderProblem> = new Set<ProviderProblem>([
  "provider_timeout",
  "provider_unreachable",
  "provider_failed",
  "provider_internal_error",
  "provider_garbled_answer",
]);

export interface PolicyOptions {
  db: Database;
  /** Whose policy it is, for the whole fleet: endpoint and model. */
  key: string;
  limits: Limits;
  /** The longest that one request takes: so long its probe has the provider for itself. */
  timeoutMs: number;
  timing?: Timing | undefined;
}

/**
 * One breaker and one budget for all workers, in one row of the database. A worker asks it once a second, or once in a few
 * requests where there is a budget, and tells it of every failure: an answer that changes nothing costs no statement.
 */
export function sharedPolicy(options: PolicyOptions): ProviderPolicy {
  return new SharedPolicy(options);
}

class SharedPolicy implements ProviderPolicy {
  readonly #options: PolicyOptions;
  readonly #timing: Timing;
  /** What was promised and not used yet. */
  #chunk = { tokens: 0, requests: 0, usableUntil: 0 };
  /** Failures stand in the row that an answer has to take back. */
  #hasFailures = false;
  #known: Limits = { tokensPerMinute: null, requestsPerMinute: null };
  #toldAt = Number.NEGATIVE_INFINITY;
  /** How many tokens the provider counts where we count one: a model's own pieces may be longer or shorter than ours. */
  #tokensPerToken = 1;
  #asking: Promise<unknown> = Promise.resolve();
  #seen: { tokens: SeenLimits; requests: SeenLimits } | undefined;

  constructor(options: PolicyOptions) {
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
  }

  async admit(counted: number, signal: AbortSignal): Promise<Pass> {
    signal.throwIfAborted();
    const tokens = Math.ceil(counted * this.#tokensPerToken);
    if (this.#take(tokens)) return this.#pass(counted, false);
    // One after the other: the first one's chunk may do for the others.
    let admission = await this.#inTurn(tokens);
    // What another worker's probe will tell, and the end of a short rest, is worth a little wait.
    for (let leftMs = LONGEST_WAIT_MS; admission?.kind === "later"; ) {
      const { code, delayMs, lookAgainMs = Number.POSITIVE_INFINITY } = admission;
      if (lookAgainMs > leftMs)
        throw new RetryLaterError(code, spread(delayMs, this.#timing, { isPutOff: true }));
      leftMs -= lookAgainMs;
      await this.#wait(spread(lookAgainMs, this.#timing), signal);
      admission = await this.#inTurn(tokens);
    }
    if (admission === null) return this.#pass(counted, false);
    if (admission.waitMs > 0) await this.#wait(admission.waitMs, signal);
    this.#keepChunk(tokens, admission);
    return this.#pass(counted, admission.isProbe);
  }

  sawHeaders(headers: Pick<Headers, "get">): void {
    const seen = limitsInHeaders(headers);
    const isNews =
      isOther(seen.tokens.limit, this.#known.tokensPerMinute) ||
      isOther(seen.requests.limit, this.#known.requestsPerMinute);
    const isScarce = isLow(seen.tokens) || isLow(seen.requests);
    if (isNews || (isScarce && this.#timing.now() - this.#toldAt >= TELL_EVERY_MS)) this.#seen = seen;
  }

  /** Of what was promised. */
  #take(tokens: number): boolean {
    const chunk = this.#chunk;
    if (chunk.requests < 1 || chunk.tokens < tokens || this.#timing.now() >= chunk.usableUntil) return false;
    chunk.requests -= 1;
    chunk.tokens -= tokens;
    return true;
  }

  /** @returns null where the chunk that somebody has asked for meanwhile was enough */
  async #inTurn(tokens: number): Promise<Admission | null> {
    const asked = this.#asking.then(() => (this.#take(tokens) ? null : this.#ask(tokens)));
    this.#asking = asked.catch(() => {});
    return asked;
  }

  async #ask(tokens: number): Promise<Admission> {
    const { limits: set, timeoutMs } = this.#options;
    const wanted = { tokens: tokens * CHUNK_REQUESTS, requests: CHUNK_REQUESTS };
    return this.#change((state, now) => {
      const options = { set, longestWaitMs: LONGEST_WAIT_MS, probeMs: timeoutMs + 5_000 };
      const decided = decideAdmission(state, now, wanted, options);
      return { state: decided.state, result: decided.admission };
    });
  }

  #keepChunk(tokens: number, { isProbe, isLimited }: Extract<Admission, { kind: "granted" }>): void {
    if (isProbe) return;
    const now = this.#timing.now();
    this.#chunk = isLimited
      ? {
          tokens: tokens * (CHUNK_REQUESTS - 1),
          requests: CHUNK_REQUESTS - 1,
          usableUntil: now + CHUNK_USABLE_MS,
        }
      : {
          tokens: Number.POSITIVE_INFINITY,
          requests: Number.POSITIVE_INFINITY,
          usableUntil: now + FRESH_MS,
        };
  }

  /** The wait for a promised moment. Where time runs out over it, that is no failure. */
  async #wait(waitMs: number, signal: AbortSignal): Promise<void> {
    const since = this.#timing.now();
    try {
      await this.#timing.sleep(waitMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
      if ((signal.reason as Error | undefined)?.name !== "TimeoutError") throw signal.reason;
      const leftMs = Math.max(0, waitMs - (this.#timing.now() - since));
      throw new RetryLaterError("provider_rate_limited", leftMs);
    }
  }

  #pass(counted: number, isProbe: boolean): Pass {
    return {
      ended: async (outcome, tokens) => {
        if (tokens !== undefined && tokens > 0 && counted > 0) this.#calibrate(tokens / counted);
        const seen = this.#seen;
        this.#seen = undefined;
        const failure = typeof outcome === "string" ? undefined : outcome;
        const isPassing = failure?.kind === "passing";
        // A refusal is an answer too: the provider is there.
        const isAnswer = outcome === "answered" || (failure !== undefined && !isPassing);
        const tells = isPassing || (isAnswer && (isProbe || this.#hasFailures)) || seen !== undefined;
        if (!tells) return;
        const told = this.#change((state, now) => {
          let next = state;
          if (isPassing) {
            const { code, askedWaitMs } = failure;
            next = afterFailure(next, now, { code, isDown: down.has(code), isProbe, askedWaitMs });
          } else if (isAnswer) next = afterAnswer(next, isProbe);
          if (seen !== undefined) {
            next = afterHeaders(next, now, seen);
            this.#toldAt = this.#timing.now();
          }
          return { state: next, result: undefined };
        });
        // An answer that was paid for is not lost because nobody could be told of it.
        await told.catch(() => {});
        // What was promised before goes by what is not true any more.
        if (isPassing || seen !== undefined) this.#chunk.usableUntil = 0;
      },
    };
  }

  #calibrate(ratio: number): void {
    const believable = Math.min(4, Math.max(0.25, ratio));
    this.#tokensPerToken += (believable - this.#tokensPerToken) / 4;
  }

  async #change<T>(
    decide: (state: ProviderState, now: number) => { state: ProviderState; result: T },
  ): Promise<T> {
    const { db, key } = this.#options;
    const change = async (tx: LedgerTransaction) => {
      const { state, now } = await lockProvider(tx, key);
      const decided = decide(state, now);
      if (decided.state !== state) await saveProvider(tx, key, decided.state);
      this.#hasFailures = decided.state.failures > 0;
      this.#known = decided.state;
      return decided.result;
    };
    // A server that crashes forgets a second of promises, and learns from the next answers.
    return asLedger(db, change, { mayBeLost: true });
  }
}

function isOther(seen: number | undefined, known: number | null): boolean {
  return seen !== undefined && seen !== known;
}
