import {
  afterAnswer,
  afterFailure,
  afterHeaders,
  decideAdmission,
  OPEN_MS,
} from "@noctuary/core/provider/decide-admission";
import { limitsInHeaders } from "@noctuary/core/provider/rate-limit-headers";
import type { ProviderState } from "@noctuary/db/provider/provider-state";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const T0 = 1_800_000_000_000;
const fresh: ProviderState = {
  failures: 0,
  failureCode: null,
  openUntil: null,
  probeUntil: null,
  blockedUntil: null,
  tokensPerMinute: null,
  requestsPerMinute: null,
  tokensAt: null,
  requestsAt: null,
};
const none = { tokensPerMinute: null, requestsPerMinute: null };
const one = { tokens: 100, requests: 1 };
const options = { set: none, longestWaitMs: 20_000, probeMs: 65_000 };
const failure = { code: "provider_failed", isDown: true, isProbe: false } as const;
const failed = (times: number, state = fresh) => {
  let next = state;
  for (let i = 0; i < times; i++) next = afterFailure(next, T0, failure);
  return next;
};

describe("the breaker", () => {
  test("opens at the fifth failure in a row, for half a minute, and says why", () => {
    expect(decideAdmission(failed(4), T0, one, options).admission).toMatchObject({ kind: "granted" });
    expect(failed(4, afterAnswer(failed(4), false)).openUntil, "an answer in between").toBeNull();
    const open = decideAdmission(failed(5), T0 + 1, one, options).admission;
    expect(open).toEqual({ kind: "later", delayMs: OPEN_MS - 1, code: "provider_failed" });
  });

  test("lets one probe through at a time, and another one when the first was never heard of again", () => {
    const at = T0 + OPEN_MS;
    const first = decideAdmission(failed(5), at, one, options);
    expect(first.admission).toMatchObject({ kind: "granted", isProbe: true });
    expect(decideAdmission(first.state, at + 1, one, options).admission.kind).toBe("later");
    expect(decideAdmission(first.state, at + 65_000, one, options).admission).toMatchObject({
      isProbe: true,
    });
  });

  test("is closed by its probe's answer, opened again by its failure, and by nobody else's", () => {
    const { state } = decideAdmission(failed(5), T0 + OPEN_MS, one, options);
    expect(afterAnswer(state, false)).toEqual(state);
    expect(afterAnswer(state, true)).toMatchObject({ failures: 0, openUntil: null, probeUntil: null });
    expect(afterFailure(state, T0 + OPEN_MS + 9, failure).openUntil).toBe(state.openUntil);
    expect(afterFailure(state, T0 + OPEN_MS + 9, { ...failure, isProbe: true }).openUntil).toBe(
      T0 + 2 * OPEN_MS + 9,
    );
  });

  test("is not opened by a provider that wants fewer requests, which it is given", () => {
    const limited = {
      code: "provider_rate_limited",
      isDown: false,
      isProbe: false,
      askedWaitMs: 90_000,
    } as const;
    let state = fresh;
    for (let i = 0; i < 20; i++) state = afterFailure(state, T0, limited);
    expect(state.openUntil).toBeNull();
    expect(decideAdmission(state, T0 + 1_000, one, options).admission).toEqual({
      kind: "later",
      delayMs: 89_000,
      code: "provider_rate_limited",
    });
    expect(
      decideAdmission(state, T0 + 80_000, one, options).admission,
      "not worth putting work off for",
    ).toEqual({ kind: "later", delayMs: 10_000, code: "provider_rate_limited", lookAgainMs: 10_000 });
    expect(decideAdmission(state, T0 + 90_000, one, options).admission.kind).toBe("granted");
  });
});

describe("the budget", () => {
  test("in no minute, wherever it begins, is more promised than the limit, and with enough to do nine tenths are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 1_000_000 }),
        fc.array(
          fc.record({ share: fc.double({ min: 0.0005, max: 0.005, noNaN: true }), pauseMs: fc.nat(400) }),
          {
            minLength: 900,
            maxLength: 1_500,
          },
        ),
        (limit, asks) => {
          const set = { tokensPerMinute: limit, requestsPerMinute: null };
          let state = fresh;
          let now = T0;
          const used: { at: number; tokens: number }[] = [];
          for (const { share, pauseMs } of asks) {
            const tokens = Math.ceil(share * limit);
            const decided = decideAdmission(state, now, { tokens, requests: 1 }, { ...options, set });
            state = decided.state;
            if (decided.admission.kind === "later") {
              now += decided.admission.delayMs;
              continue;
            }
            used.push({ at: now + decided.admission.waitMs, tokens });
            now += pauseMs % 40;
          }
          let from = 0;
          let sum = 0;
          for (const { at, tokens } of used) {
            sum += tokens;
            while (used[from]!.at <= at - 60_000) sum -= used[from++]!.tokens;
            expect(sum).toBeLessThanOrEqual(limit);
          }
          const lasted = used.at(-1)!.at - T0;
          const all = used.reduce((total, { tokens }) => total + tokens, 0);
          if (lasted > 120_000) expect(all / (lasted / 60_000) / limit).toBeGreaterThan(0.9);
        },
      ),
      { numRuns: 30 },
    );
  });

  test("what would take longer than a worker waits is not set aside", () => {
    const set = { tokensPerMinute: 6_000, requestsPerMinute: null };
    const first = decideAdmission(fresh, T0, { tokens: 6_000, requests: 1 }, { ...options, set });
    expect(first.admission).toMatchObject({ kind: "granted", waitMs: 0 });
    const second = decideAdmission(first.state, T0, one, { ...options, set });
    expect(second.admission).toMatchObject({ kind: "later", code: "provider_rate_limited" });
    expect(second.state).toEqual(first.state);
  });

  test("the stricter of what was set and what the provider says holds", () => {
    const says = (limit: string) => limitsInHeaders(new Headers({ "x-ratelimit-limit-requests": limit }));
    const state = afterHeaders(fresh, T0, says("10"));
    const set = { tokensPerMinute: null, requestsPerMinute: 1_000 };
    const { admission } = decideAdmission(
      decideAdmission(state, T0, { tokens: 0, requests: 10 }, { ...options, set }).state,
      T0,
      one,
      { ...options, set },
    );
    expect(admission.kind, "ten are used").toBe("later");
  });

  test("a provider that says that little is left, because others use it too, is given time", () => {
    const headers = new Headers({
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "6m0s",
    });
    const state = afterHeaders(fresh, T0, limitsInHeaders(headers));
    expect(decideAdmission(state, T0, one, options).admission).toMatchObject({
      kind: "granted",
      waitMs: 3_000,
    });
  });
});

test.each([
  ["1s", 1_000],
  ["6m0s", 360_000],
  ["20ms", 20],
  ["1h2m3.5s", 3_723_500],
  ["12", 12_000],
  ["-5s", undefined],
  ["soon", undefined],
  ["", undefined],
])("a reset of %j is %s ms", (value, ms) => {
  const headers = new Headers({ "x-ratelimit-reset-tokens": value });
  expect(limitsInHeaders(headers).tokens.resetMs).toBe(ms);
});

test.each([
  ["0", undefined],
  ["-1", undefined],
  ["many", undefined],
  ["150000", 150_000],
])("a limit of %j is %s", (value, limit) => {
  expect(limitsInHeaders(new Headers({ "x-ratelimit-limit-tokens": value })).tokens.limit).toBe(limit);
});
