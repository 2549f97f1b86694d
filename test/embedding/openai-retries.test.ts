import { type OpenAiEmbedderOptions, openaiEmbedder } from "@noctuary/core/embedding/openai";
import { afterEach, expect, test, vi } from "vitest";
import { CANARY } from "../support/canary.ts";
import { type Misbehaviour, type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";

const signal = new AbortController().signal;
const NOW = Date.parse("2026-11-02T07:00:00Z");
let server: OpenAiServer;
afterEach(() => server?.close());
afterEach(() => vi.unstubAllEnvs());

/** An embedder whose waits are written down and not waited for; chance is always in the middle. */
async function embedderOf(
  misbehaviours: (Misbehaviour | undefined)[] | Misbehaviour,
  own: OpenAiEmbedderOptions = {},
) {
  server = await startOpenAiServer({
    misbehave: (_, number) => (Array.isArray(misbehaviours) ? misbehaviours[number - 1] : misbehaviours),
  });
  const waits: number[] = [];
  const timing = { sleep: async (ms: number) => void waits.push(ms), random: () => 0.5, now: () => NOW };
  const embedder = openaiEmbedder({
    apiKey: `sk-${CANARY}`,
    baseUrl: server.url,
    dimensions: 16,
    timing,
    ...own,
  });
  return { embedder, waits };
}

const passing: [string, Misbehaviour, string][] = [
  ["408", { status: 408 }, "provider_timeout"],
  ["409", { status: 409 }, "provider_failed"],
  ["500", { status: 500 }, "provider_internal_error"],
  ["502 with a page", { status: 502, body: `<html>${CANARY}` }, "provider_failed"],
  ["503", { status: 503 }, "provider_failed"],
  ["529", { status: 529 }, "provider_failed"],
  ["a page in place of JSON", "html", "provider_garbled_answer"],
  ["JSON of another kind", { change: () => [{ hello: 1 }] }, "provider_garbled_answer"],
  ["half a body", "half", "provider_unreachable"],
  ["a connection cut", "hangs-up", "provider_unreachable"],
  ["nothing at all", { status: 200, body: "" }, "provider_garbled_answer"],
  ["no content", { status: 204, body: "" }, "provider_garbled_answer"],
  ["broken JSON", { status: 200, body: '{"data": [', type: "application/json" }, "provider_garbled_answer"],
];

test.each(passing)(
  "%s is tried three times, and then an error that may pass",
  async (_, misbehaviour, code) => {
    const { embedder } = await embedderOf(misbehaviour);
    await expect(embedder.embed([CANARY], { signal })).rejects.toMatchObject({ name: "ProviderError", code });
    expect(server.requests).toHaveLength(3);
  },
);

test.each(passing)("%s, twice: the third answer is taken", async (_, misbehaviour) => {
  const { embedder, waits } = await embedderOf([misbehaviour, misbehaviour]);
  expect(await embedder.embed([CANARY], { signal })).toMatchObject({ requests: 3, refused: [] });
  // Half of 1 s, half of 2 s: full jitter over a doubling range.
  expect(waits).toEqual([500, 1_000]);
});

test.each(["hangs", "stalls", "drips", "drips-headers"] as const)(
  "an answer that %s ends with the timeout, three times",
  async (what) => {
    const { embedder } = await embedderOf(what, { timeoutMs: 300 });
    await expect(embedder.embed([CANARY], { signal })).rejects.toMatchObject({ code: "provider_timeout" });
    expect(server.requests).toHaveLength(3);
  },
);

test("a server that is not there is unreachable", async () => {
  const { embedder } = await embedderOf([]);
  await server.close();
  const failing = embedder.embed([CANARY], { signal });
  await expect(failing).rejects.toMatchObject({ name: "ProviderError", code: "provider_unreachable" });
});

const final: [string, Misbehaviour, string][] = [
  ["401", { status: 401, code: "invalid_api_key" }, "provider_key_refused"],
  ["403", { status: 403 }, "provider_key_refused"],
  ["400 about the key", { status: 400, code: "API_KEY_INVALID" }, "provider_key_refused"],
  ["402", { status: 402 }, "provider_quota_exhausted"],
  ["429 without quota", { status: 429, code: "insufficient_quota" }, "provider_quota_exhausted"],
  [
    "429 of that type",
    { status: 429, type: "insufficient_quota", headers: { "retry-after": "1" } },
    "provider_quota_exhausted",
  ],
  ["404 about the model", { status: 404, code: "model_not_found" }, "provider_model_unknown"],
  ["400 about the model", { status: 400, code: "model_not_found" }, "provider_model_unknown"],
  ["404 with a page", { status: 404, body: `<html>${CANARY}` }, "provider_url_wrong"],
  ["405", { status: 405 }, "provider_url_wrong"],
  ["451", { status: 451 }, "provider_request_refused"],
];

test.each(final)("%s is final at once", async (_, misbehaviour, code) => {
  const { embedder } = await embedderOf(misbehaviour);
  await expect(embedder.embed([CANARY], { signal })).rejects.toMatchObject({ name: "PermanentError", code });
  expect(server.requests).toHaveLength(1);
});

test("a final failure stops the other requests of the call", async () => {
  const { embedder } = await embedderOf({ status: 401 }, { maxRequestInputs: 1, requestsInFlight: 1 });
  await expect(embedder.embed(["a", "b", "c", "d"], { signal })).rejects.toMatchObject({
    code: "provider_key_refused",
  });
  expect(server.requests).toHaveLength(1);
});

const rateLimit = (value: string, header = "retry-after"): Misbehaviour => ({
  status: 429,
  code: "rate_limit_exceeded",
  headers: { [header]: value },
});

test.each([
  // With half of the longest spread of such a wait.
  ["seconds", rateLimit("7"), 7_500],
  ["a date", rateLimit("Mon, 02 Nov 2026 07:00:09 GMT"), 9_500],
  ["milliseconds", rateLimit("1600", "retry-after-ms"), 1_800],
  // With nothing to wait for, or with less than our own backoff is: the backoff.
  ["a fraction", rateLimit("0.25"), 500],
  ["zero", rateLimit("0"), 500],
  ["a date gone by", rateLimit("Mon, 02 Nov 2026 06:00:00 GMT"), 500],
  ["garbage", rateLimit("soon, or later"), 500],
  ["less than nothing", rateLimit("-5"), 500],
  ["a date of another form", rateLimit("2050-01-01"), 500],
  ["hexadecimal", rateLimit("0x40"), 500],
  ["nothing", rateLimit(""), 500],
] as const)(
  "Retry-After of %s is waited for, or the backoff where that is longer",
  async (_, misbehaviour, waitMs) => {
    const { embedder, waits } = await embedderOf([misbehaviour]);
    await embedder.embed([CANARY], { signal });
    expect(waits).toEqual([waitMs]);
  },
);

test.each([
  ["an hour", { status: 503, headers: { "retry-after": "3600" } }, 3_600_000],
  ["21 s", rateLimit("21"), 21_000],
  ["a date in an hour", rateLimit("Mon, 02 Nov 2026 08:00:00 GMT"), 3_600_000],
  ["a year, of which a day is believed", rateLimit("31536000"), 86_400_000],
] as const)("Retry-After of %s puts the work off", async (_, misbehaviour, delayMs) => {
  const { embedder, waits } = await embedderOf(misbehaviour);
  await expect(embedder.embed([CANARY], { signal })).rejects.toMatchObject({
    name: "RetryLaterError",
    delayMs,
  });
  expect(waits).toEqual([]);
  expect(server.requests).toHaveLength(1);
});

test("a provider that wants fewer requests after three tries is left alone for a while", async () => {
  const asking = await embedderOf(rateLimit("5"));
  await expect(asking.embedder.embed([CANARY], { signal })).rejects.toMatchObject({
    name: "RetryLaterError",
    code: "provider_rate_limited",
    delayMs: 5_000 + 5_000 / 8,
  });
  expect(server.requests).toHaveLength(3);
  await server.close();
  const careless = await embedderOf(rateLimit("0"));
  await expect(careless.embedder.embed([CANARY], { signal })).rejects.toMatchObject({ delayMs: 2_000 });
  await server.close();
  const silent = await embedderOf({ status: 429 });
  await expect(silent.embedder.embed([CANARY], { signal })).rejects.toMatchObject({
    delayMs: 30_000 + 30_000 / 8,
  });
});

test("a wait that the provider asked for and time does not allow is put off, any other is cut short", async () => {
  /** Time is up in the middle of the first wait. */
  const runOut = (reason: Error) => {
    const time = new AbortController();
    const sleep = (_ms: number, signal: AbortSignal) => {
      time.abort(reason);
      return Promise.reject(signal.reason);
    };
    return { signal: time.signal, timing: { sleep, random: () => 0.5, now: Date.now } };
  };
  const timeout = new DOMException("time is up", "TimeoutError");

  const putOff = runOut(timeout);
  const asked = await embedderOf(rateLimit("15"), { timing: putOff.timing });
  const delayMs = await asked.embedder
    .embed([CANARY], { signal: putOff.signal })
    .catch((error) => error.name === "RetryLaterError" && error.delayMs);
  expect(delayMs).toBeGreaterThan(0);
  expect(delayMs).toBeLessThanOrEqual(15_500);

  await server.close();
  const cutShort = runOut(timeout);
  const unasked = await embedderOf({ status: 503 }, { timing: cutShort.timing });
  const cut = unasked.embedder.embed([CANARY], { signal: cutShort.signal });
  await expect(cut).rejects.toMatchObject({ name: "TimeoutError" });

  await server.close();
  const stop = runOut(new Error("enough"));
  const stopped = await embedderOf(rateLimit("15"), { timing: stop.timing });
  await expect(stopped.embedder.embed([CANARY], { signal: stop.signal })).rejects.toThrow("enough");
});

test("no error, log or refusal holds note text or the key, whatever the provider says", async () => {
  vi.stubEnv("OPENAI_LOG", "debug");
  const words = { code: CANARY, type: CANARY };
  const pages: Misbehaviour[] = [
    ...[400, 401, 404, 409, 429, 451, 500].map((status) => ({ status, ...words })),
    { status: 200, body: CANARY },
    { status: 403, body: JSON.stringify({ error: { message: CANARY, code: CANARY } }) },
    { change: () => [{ embedding: CANARY, index: CANARY } as never] },
    "half",
  ];
  for (const page of pages) {
    const { embedder } = await embedderOf(page);
    const error = await embedder.embed([CANARY], { signal }).then(String, (error) => error);
    expect(everythingOf(error)).not.toContain(CANARY);
    await server.close();
  }
});

test("ids, keys and URLs in the environment change nothing", async () => {
  vi.stubEnv("OPENAI_ADMIN_KEY", "sk-admin");
  vi.stubEnv("OPENAI_ORG_ID", "org-x");
  vi.stubEnv("OPENAI_PROJECT_ID", "proj-x");
  vi.stubEnv("OPENAI_API_KEY", "sk-environment");
  vi.stubEnv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1");
  vi.stubEnv("OPENAI_CUSTOM_HEADERS", "x-custom: environment");
  const { embedder } = await embedderOf([]);
  await embedder.embed(["a"], { signal });
  const { headers } = server.requests[0]!;
  expect(headers.authorization).toBe(`Bearer sk-${CANARY}`);
  expect(headers).not.toHaveProperty("openai-organization");
  expect(headers).not.toHaveProperty("openai-project");
  expect(headers).not.toHaveProperty("x-custom");
});

test("a request tells the provider who asks and with what key, and nothing of the machine", async () => {
  const { embedder } = await embedderOf([]);
  await embedder.embed(["a"], { signal });
  const { host, "content-length": length, ...headers } = server.requests[0]!.headers;
  expect(headers).toEqual({
    accept: "application/json",
    authorization: `Bearer sk-${CANARY}`,
    connection: "keep-alive",
    "content-type": "application/json",
    "user-agent": "Noctuary",
  });
});

function everythingOf(error: unknown): string {
  const seen: string[] = [];
  for (let e = error; e !== undefined && e !== null; e = (e as Error).cause) {
    seen.push(
      String(e),
      String((e as Error).stack),
      JSON.stringify(e),
      JSON.stringify(Object.getOwnPropertyDescriptors(e)),
    );
  }
  return seen.join("\n").toLowerCase();
}
