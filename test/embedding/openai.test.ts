import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import { type OpenAiEmbedderOptions, openaiEmbedder } from "@noctuary/core/embedding/openai";
import { afterEach, expect, test } from "vitest";
import {
  type OpenAiServer,
  type OpenAiServerOptions,
  serverVector,
  startOpenAiServer,
  tokensOf,
} from "../support/openai-server.ts";

const signal = new AbortController().signal;
let server: OpenAiServer;
afterEach(() => server?.close());

async function serve(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  server = await startOpenAiServer(options);
  return server;
}

function embedder(options: OpenAiEmbedderOptions = {}) {
  const timing = { sleep: async () => {}, random: () => 0, now: () => 0 };
  return openaiEmbedder({ apiKey: "sk-test", baseUrl: server.url, dimensions: 64, timing, ...options });
}

function rowOf(vectors: Float32Array, row: number, dimensions = 64): Float32Array {
  return vectors.slice(row * dimensions, (row + 1) * dimensions);
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d]!, 0);
}

test("every input has the vector that the endpoint gave it, with what was billed and what it costs", async () => {
  await serve();
  const texts = ["Bread", "Water", "日本語", "🌙\u0000"];
  const answer = await embedder().embed(texts, { signal });
  for (const [i, text] of texts.entries()) expect(rowOf(answer.vectors, i)).toEqual(serverVector(text, 64));
  const tokens = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  expect(answer).toMatchObject({ refused: [], requests: 1, tokens, costUsd: (tokens * 0.02) / 1e6 });
  expect(server.requests).toMatchObject([
    {
      path: "/v1/embeddings",
      model: "text-embedding-3-small",
      input: texts,
      dimensions: 64,
      encoding_format: "base64",
    },
  ]);
  expect(server.requests[0]!.headers.authorization).toBe("Bearer sk-test");
});

test("nothing to embed asks nobody", async () => {
  await serve();
  const answer = await embedder().embed([], { signal });
  expect(answer).toMatchObject({ refused: [], requests: 0, tokens: 0, costUsd: 0 });
  expect(server.requests).toEqual([]);
});

test("a model that is not in the price list costs an unknown sum, unless its price is given", async () => {
  await serve({ nativeDimensions: 64 });
  expect((await embedder({ model: "bge-m3" }).embed(["Bread"], { signal })).costUsd).toBeNull();
  const priced = embedder({ model: "bge-m3", usdPerMillionTokens: 1 });
  expect((await priced.embed(["Bread"], { signal })).costUsd).toBe(2e-6);
});

test("endpoints that send numbers in place of base64, unnormalised, are understood", async () => {
  await serve({
    ignoresEncodingFormat: true,
    vectorOf: (text) => serverVector(text, 64).map((value) => value * 7),
  });
  const { vectors } = await embedder().embed(["Bread", "Water"], { signal });
  expect(cosine(rowOf(vectors, 1), serverVector("Water", 64))).toBeCloseTo(1, 6);
  expect(cosine(rowOf(vectors, 1), rowOf(vectors, 1))).toBeCloseTo(1, 6);
});

test("tokens are estimated where the endpoint does not tell them", async () => {
  await serve({ sendsUsage: false });
  expect((await embedder().embed(["x".repeat(400)], { signal })).tokens).toBe(100);
});

test("dimensions are sent only where the model has another length", async () => {
  await serve();
  await embedder({ dimensions: 1536 }).embed(["Bread"], { signal });
  await embedder({ dimensions: 512 }).embed(["Bread"], { signal });
  expect(server.requests.map((request) => request.dimensions)).toEqual([undefined, 512]);
});

test("a model nobody knows is asked without dimensions first, and with them once its length is another", async () => {
  await serve({ nativeDimensions: 96 });
  const own = embedder({ model: "nomic-embed-text", dimensions: 96 });
  await own.embed(["Bread"], { signal });
  await own.embed(["Water"], { signal });
  const shortened = embedder({ model: "nomic-embed-text", dimensions: 64 });
  const { vectors } = await shortened.embed(["Bread"], { signal });
  expect(vectors).toEqual(serverVector("Bread", 64));
  await shortened.embed(["Water"], { signal });
  expect(server.requests.map((request) => request.dimensions)).toEqual([
    undefined,
    undefined,
    undefined,
    64,
    64,
  ]);
});

test("only the first request finds out the length of a model nobody knows", async () => {
  await serve({ nativeDimensions: 96 });
  const own = embedder({ model: "nomic-embed-text", maxRequestInputs: 1 });
  await own.embed(["a", "b", "c", "d"], { signal });
  expect(server.requests.map((request) => request.dimensions)).toEqual([undefined, 64, 64, 64, 64]);
});

test("a model that has answered with the right length is never asked for another one", async () => {
  await serve({ nativeDimensions: 64 });
  const own = embedder({ model: "nomic-embed-text" });
  await own.embed(["Bread"], { signal });
  server.options.misbehave = () => ({ dimensions: 32 });
  await expect(own.embed(["Water"], { signal })).rejects.toMatchObject({ code: "provider_wrong_dimensions" });
  expect(server.requests.map((request) => request.dimensions)).toEqual([undefined, undefined, undefined]);
});

test("a model that has one length only says which", async () => {
  await serve({ nativeDimensions: 96, refusesDimensions: true });
  const refusing = embedder({ model: "all-minilm" }).embed(["Bread", "Water"], { signal });
  await expect(refusing).rejects.toMatchObject({
    name: "PermanentError",
    code: "provider_wrong_dimensions",
    message: expect.stringContaining("96 and not 64"),
  });
  server.reset();
  server.options.refusesDimensions = false;
  server.options.ignoresDimensions = true;
  const ignoring = embedder({ model: "all-minilm" }).embed(["Bread"], { signal });
  await expect(ignoring).rejects.toMatchObject({
    code: "provider_wrong_dimensions",
    message: expect.stringContaining("96 and not 64"),
  });
  expect(server.requests).toHaveLength(2);
});

test("dimensions that a model cannot give are refused before anything is sent", async () => {
  await serve();
  expect(() => embedder({ dimensions: 1537 })).toThrow(
    "text-embedding-3-small gives at most 1536 dimensions",
  );
  expect(() => embedder({ model: "text-embedding-ada-002" })).toThrow("1536 dimensions and no other");
  expect(() => embedder({ dimensions: 1.5 })).toThrow(RangeError);
  expect(embedder({ model: "text-embedding-3-large", dimensions: 3072 }).dimensions).toBe(3072);
});

test("a URL or key of which no request can be made is refused without being repeated", async () => {
  await serve();
  const secret = "hunter2";
  for (const wrong of [
    { baseUrl: `http://me:${secret}@127.0.0.1/v1` },
    { baseUrl: `${secret}.example` },
    { baseUrl: `file:///${secret}` },
    { apiKey: `sk ${secret}` },
    { apiKey: `${secret}\n` },
  ]) {
    const message = messageOf(() => embedder(wrong));
    expect(message).not.toBe("");
    expect(message).not.toContain(secret);
  }
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

test("a query in the URL goes with each request, and no key is sent where there is none", async () => {
  await serve();
  const baseUrl = `${server.url}/deployments/mine/?api-version=2024-10-21`;
  await embedder({ baseUrl, apiKey: undefined }).embed(["Bread"], { signal });
  expect(server.requests[0]!.path).toBe("/v1/deployments/mine/embeddings?api-version=2024-10-21");
  expect(server.requests[0]!.headers).not.toHaveProperty("authorization");
});

test("vectors of 3,072 dimensions come whole, and a model's own length is not asked for", async () => {
  await serve({ nativeDimensions: 3072 });
  const large = embedder({ model: "text-embedding-3-large", dimensions: 3072 });
  const { vectors } = await large.embed(["Bread", "Water"], { signal });
  expect(rowOf(vectors, 1, 3072)).toEqual(serverVector("Water", 3072));
  expect(server.requests[0]!.dimensions).toBeUndefined();
});

test("2,048 inputs go into one request, one more into two", async () => {
  await serve();
  const texts = Array.from({ length: 2_049 }, (_, i) => `note ${i}`);
  const { vectors } = await embedder().embed(texts, { signal });
  expect(server.requests.map((request) => request.input.length).sort()).toEqual([1, 2_048]);
  for (const i of [0, 1_000, 2_047, 2_048]) expect(rowOf(vectors, i)).toEqual(serverVector(`note ${i}`, 64));
});

test("requests are filled by tokens as the provider counts them, not by characters", async () => {
  await serve();
  // 240 x 1,250 tokens are all that one request may have; by four characters a token it would be half full.
  const texts = Array.from({ length: 240 }, () => " a".repeat(1_250));
  await embedder().embed(texts, { signal });
  expect(server.requests).toHaveLength(1);
  server.reset();
  await embedder().embed([...texts, "one more"], { signal });
  expect(server.requests).toHaveLength(2);
});

test("requests in flight are limited over all calls of one embedder", async () => {
  await serve({ latencyMs: 5 });
  const shared = embedder({ requestsInFlight: 3, maxRequestInputs: 1 });
  const texts = Array.from({ length: 10 }, (_, i) => `note ${i}`);
  await Promise.all([shared.embed(texts, { signal }), shared.embed(texts, { signal })]);
  expect(server.requests).toHaveLength(20);
  expect(server.mostAtOnce).toBe(3);
});

test("an input without a character is refused without asking, a broken character is mended", async () => {
  await serve();
  const answer = await embedder().embed(["Bread", "", "half a \ud83c moon"], { signal });
  expect(answer.refused).toEqual([{ index: 1, code: "empty_input" }]);
  expect(rowOf(answer.vectors, 1)).toEqual(new Float32Array(64));
  expect(server.requests[0]!.input).toEqual(["Bread", "half a \ufffd moon"]);
  expect(await embedder().embed([""], { signal })).toMatchObject({ refused: [{ index: 0 }], requests: 0 });
});

test("the words of special tokens are sent as they stand", async () => {
  await serve();
  const texts = ["<|endoftext|>", `<|fim_prefix|> ${"long ".repeat(9_000)}<|endofprompt|>`];
  const { refused } = await embedder().embed(texts, { signal });
  expect(refused).toEqual([]);
  const sent = server.requests.flatMap((request) => request.input);
  expect(sent[0]).toBe("<|endoftext|>");
  expect(sent.slice(1).join("")).toBe(texts[1]);
});

test("a long note is sent in parts that are the whole note, and its vector is their weighted mean", async () => {
  await serve();
  const long = `${"Flour and water. ".repeat(2_500)}\n\n${"Salt. ".repeat(600)}`;
  const { vectors, refused } = await embedder().embed(["Bread", long, "Water"], { signal });
  const parts = server.requests
    .flatMap((request) => request.input)
    .filter((text) => !["Bread", "Water"].includes(text));
  expect(parts.length).toBeGreaterThan(1);
  expect(parts.join("")).toBe(long);
  expect(refused).toEqual([]);
  expect(vectors).toHaveLength(3 * 64);
  expect(rowOf(vectors, 0)).toEqual(serverVector("Bread", 64));
  expect(rowOf(vectors, 2)).toEqual(serverVector("Water", 64));
  const row = rowOf(vectors, 1);
  expect(cosine(row, row)).toBeCloseTo(1, 5);
  const countTokens = await loadOpenAiTokenCounter();
  const mean = new Float32Array(64);
  for (const part of parts) {
    for (const [d, value] of serverVector(part, 64).entries()) mean[d]! += value * countTokens(part);
  }
  expect(cosine(row, mean) / Math.hypot(...mean)).toBeCloseTo(1, 5);
});

test("a long note of which one part is refused is refused as a whole", async () => {
  await serve({ poison: (text) => text.includes("POISON") });
  const long = `${"Flour and water. ".repeat(2_500)}\n\nPOISON`;
  const { vectors, refused } = await embedder().embed([long, "Water"], { signal });
  expect(refused).toEqual([{ index: 0, code: "provider_refused_400" }]);
  expect(rowOf(vectors, 0)).toEqual(new Float32Array(64));
  expect(rowOf(vectors, 1)).toEqual(serverVector("Water", 64));
});

test("an aborted call asks no more, and gives the signal's reason beside what was answered before", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  await serve({
    misbehave: (_, number) => {
      if (number === 2) controller.abort(reason);
      return number === 2 ? "hangs" : undefined;
    },
  });
  const own = embedder({ maxRequestInputs: 1, requestsInFlight: 1 });
  const { unanswered } = await own.embed(["a", "b", "c"], { signal: controller.signal });
  expect(unanswered).toEqual({ indexes: [1, 2], error: reason });
  expect(server.requests).toHaveLength(2);
  await expect(own.embed(["a"], { signal: controller.signal })).rejects.toBe(reason);
});

test("a redirect is not followed: the notes stay with the host that was chosen", async () => {
  const other = await startOpenAiServer();
  await serve({ misbehave: () => ({ status: 307, headers: { location: `${other.url}/embeddings` } }) });
  await expect(embedder().embed(["Bread"], { signal })).rejects.toMatchObject({ code: "provider_url_wrong" });
  expect(other.requests).toEqual([]);
  await other.close();
});
