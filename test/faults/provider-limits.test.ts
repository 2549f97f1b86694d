import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { sharedPolicies } from "@noctuary/core/provider/policy-source";
import { RetryLaterError } from "@noctuary/core/provider/provider-errors";
import { expect, onTestFinished, test } from "vitest";
import { ownLedgerClock, VirtualTime } from "../support/ledger-clock.ts";
import { startOpenAiServer, tokensOf } from "../support/openai-server.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { figures } from "./figures.ts";

const WORKERS = 50;
const START = Date.parse("2026-11-02T07:00:00Z");
const MINUTE_MS = 60_000;
const MINUTES = 4;
const signal = new AbortController().signal;

interface Asked {
  at: number;
  tokens: number;
}

/** Counts what the provider takes in the last sixty seconds, the strictest way to count: no bucket to fall back on. */
class SlidingLimit {
  readonly taken: Asked[] = [];
  readonly refused: Asked[] = [];
  readonly #limits: { tokens: number; requests: number };
  constructor(limits: { tokens: number; requests: number }) {
    this.#limits = limits;
  }
  left(at: number) {
    const recent = this.taken.filter((asked) => asked.at > at - MINUTE_MS);
    return {
      tokens: this.#limits.tokens - recent.reduce((sum, { tokens }) => sum + tokens, 0),
      requests: this.#limits.requests - recent.length,
    };
  }
  take(asked: Asked): boolean {
    const left = this.left(asked.at);
    const fits = left.tokens >= asked.tokens && left.requests >= 1;
    (fits ? this.taken : this.refused).push(asked);
    return fits;
  }
}

/** Fifty workers of a fleet, each with policy and embedder of its own, who have more to ask than the provider takes. */
test.each([
  { limited: "tokens", limits: { tokens: 100_000, requests: 100_000 }, words: 160, known: false },
  { limited: "tokens", limits: { tokens: 100_000, requests: 100_000 }, words: 160, known: true },
  { limited: "requests", limits: { tokens: 10_000_000, requests: 300 }, words: 20, known: false },
] as const)(
  "$limited a minute, told by headers or set ($known), are neither overrun nor left unused by fifty workers",
  async ({ limited, limits, words, known }) => {
    const database = await openTestDatabase({ maxConnections: 20 });
    const clock = await ownLedgerClock(database, START);
    const time = new VirtualTime(clock);
    const provider = new SlidingLimit(limits);
    const server = await startOpenAiServer({
      nativeDimensions: 16,
      headers: () => {
        const left = provider.left(clock.now());
        return {
          "x-ratelimit-limit-tokens": String(limits.tokens),
          "x-ratelimit-remaining-tokens": String(Math.max(0, left.tokens)),
          "x-ratelimit-reset-tokens": "60s",
          "x-ratelimit-limit-requests": String(limits.requests),
          "x-ratelimit-remaining-requests": String(Math.max(0, left.requests)),
          "x-ratelimit-reset-requests": "1m0s",
        };
      },
      misbehave: ({ input }) => {
        const tokens = input.reduce((sum, text) => sum + tokensOf(text), 0);
        return provider.take({ at: clock.now(), tokens })
          ? undefined
          : { status: 429, headers: { "retry-after": "5" } };
      },
    });
    onTestFinished(async () => {
      await server.close();
      await database.close();
    });
    const text = "word ".repeat(words);
    const end = START + MINUTES * MINUTE_MS;
    const worker = async () => {
      const policies = sharedPolicies(database.db, time.timing);
      const embedder = openaiEmbedder({
        baseUrl: server.url,
        model: "a-model",
        dimensions: 16,
        timing: time.timing,
        policy: policies({
          baseUrl: server.url,
          model: "a-model",
          tokensPerMinute: known ? limits.tokens : undefined,
          requestsPerMinute: known ? limits.requests : undefined,
        }),
      });
      while (clock.now() < end) {
        try {
          await embedder.embed([text], { signal });
          await time.sleep(300); // what an answer takes
        } catch (error) {
          if (!(error instanceof RetryLaterError)) throw error;
          await time.sleep(error.delayMs);
        }
      }
    };
    await time.run(Array.from({ length: WORKERS }, () => worker));

    const later = ({ at }: Asked) => at >= START + MINUTE_MS && at < end;
    const refused = provider.refused.filter(later).length;
    const taken = provider.taken.filter(later);
    const used = limited === "tokens" ? taken.reduce((sum, { tokens }) => sum + tokens, 0) : taken.length;
    const share = used / (limits[limited] * (MINUTES - 1));
    figures(
      `provider that enforces ${limited} a minute${known ? ", known beforehand" : ""}, ${WORKERS} workers`,
      {
        "refusals in the first minute": provider.refused.length - refused,
        "after it": refused,
        "of the budget used": `${(share * 100).toFixed(1)} %`,
      },
    );
    expect(refused).toBe(0);
    if (known) expect(provider.refused).toEqual([]);
    expect(share).toBeGreaterThan(0.9);
  },
);
