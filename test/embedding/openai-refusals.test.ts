import { expect, test } from "vitest";
import { serverVector } from "../support/openai-server.ts";
import { notes, rowOf, smallVectors } from "./small-vectors.ts";

const signal = new AbortController().signal;
const endpoint = smallVectors();
const { embedderOf } = endpoint;
const zeros = new Float32Array(16);

test.each([400, 413, 422])(
  "one input refused with %i is found, and all others are embedded",
  async (poisonStatus) => {
    const embedder = await embedderOf({ poison: (text) => text === "note 700", poisonStatus });
    const { vectors, refused } = await embedder.embed(notes(1_024), { signal });
    expect(refused).toEqual([{ index: 700, code: `provider_refused_${poisonStatus}` }]);
    for (let i = 0; i < 1_024; i++) {
      expect(rowOf(vectors, i)).toEqual(i === 700 ? zeros : serverVector(`note ${i}`, 16));
    }
    // The request, twice for each halving, and one word to see that the endpoint refuses the note and not everything.
    expect(endpoint.server.requests.length).toBeLessThanOrEqual(1 + 2 * 10 + 1);
    expect(endpoint.server.inputs).toBeLessThanOrEqual(3 * 1_024 + 1);
  },
);

test("each of several refused inputs is found", async () => {
  const bad = new Set(["note 0", "note 1", "note 250", "note 511"]);
  const embedder = await embedderOf({ poison: (text) => bad.has(text) });
  const { refused } = await embedder.embed(notes(512), { signal });
  expect(refused.map(({ index }) => index)).toEqual([0, 1, 250, 511]);
  expect(endpoint.server.requests.length).toBeLessThanOrEqual(2 + 4 * 2 * 9);
});

test("an input that is refused alone is refused, as the endpoint takes a harmless word", async () => {
  const embedder = await embedderOf({ poison: (text) => text === "bad" });
  expect((await embedder.embed(["bad"], { signal })).refused).toEqual([
    { index: 0, code: "provider_refused_400" },
  ]);
  expect(endpoint.server.requests.map((request) => request.input)).toEqual([["bad"], ["Noctuary"]]);
});

test("an endpoint that refuses everything refuses no note", async () => {
  const embedder = await embedderOf({ poison: () => true });
  await expect(embedder.embed(notes(2_048), { signal })).rejects.toMatchObject({
    name: "PermanentError",
    code: "provider_request_refused",
  });
  expect(endpoint.server.requests).toHaveLength(2);
});

test("a known reason of a refusal is kept, any other word of the provider is not", async () => {
  const codes = ["content_filter", "context_length_exceeded", "xqcanary", "toString"];
  const embedder = await embedderOf({
    misbehave: ({ input }) => {
      const code = codes.find((code) => input.includes(code));
      return code === undefined ? undefined : { status: 400, code };
    },
  });
  const { refused } = await embedder.embed(["fine", ...codes], { signal });
  expect(refused.map(({ code }) => code)).toEqual([
    "provider_refused_content",
    "provider_refused_length",
    "provider_refused_400",
    "provider_refused_400",
  ]);
});

test("an endpoint that takes fewer inputs at once is found out once", async () => {
  const embedder = await embedderOf({ maxInputs: 32 });
  const texts = notes(1_024);
  const { vectors, refused } = await embedder.embed(texts, { signal });
  expect(refused).toEqual([]);
  expect(rowOf(vectors, 1_023)).toEqual(serverVector("note 1023", 16));
  // 1,024, 512, ... 64 are refused once each; a word; then 32 requests of 32.
  expect(endpoint.server.requests).toHaveLength(5 + 1 + 32);
  endpoint.server.reset();
  await embedder.embed(texts, { signal });
  expect(endpoint.server.requests).toHaveLength(32);
});

test("an input that breaks the endpoint down is refused, and its neighbours are embedded", async () => {
  const embedder = await embedderOf({
    misbehave: ({ input }) => (input.includes("note 5") ? { status: 500 } : undefined),
  });
  const { refused, vectors } = await embedder.embed(notes(16), { signal });
  expect(refused).toEqual([{ index: 5, code: "provider_refused_500" }]);
  expect(rowOf(vectors, 4)).toEqual(serverVector("note 4", 16));
});

test("an endpoint that is broken down refuses no note", async () => {
  const embedder = await embedderOf({ misbehave: () => ({ status: 500 }) });
  await expect(embedder.embed(notes(16), { signal })).rejects.toMatchObject({ name: "ProviderError" });
  // Three tries for the notes, three for the harmless word.
  expect(endpoint.server.requests).toHaveLength(6);
});

test("an endpoint too slow for many inputs gets fewer", async () => {
  const embedder = await embedderOf(
    { misbehave: ({ input }) => (input.length > 4 ? "hangs" : undefined) },
    { timeoutMs: 500 },
  );
  expect((await embedder.embed(notes(16), { signal })).refused).toEqual([]);
  expect(endpoint.server.requests.map((request) => request.input.length)).toEqual([16, 8, 4, 4, 4, 4]);
});

const wrongVectors: [string, (data: { index?: number; embedding: unknown }[]) => unknown[], string][] = [
  ["too few vectors", (data) => data.slice(1), "provider_wrong_vector_count"],
  ["too many vectors", (data) => [...data, data[0]], "provider_wrong_vector_count"],
  ["one index twice", (data) => data.map((item) => ({ ...item, index: 0 })), "provider_wrong_order"],
  ["an index too high", (data) => data.map((item, i) => ({ ...item, index: i + 1 })), "provider_wrong_order"],
  [
    "an index for some",
    (data) => data.map((item, i) => (i > 0 ? item : { embedding: item.embedding })),
    "provider_wrong_order",
  ],
  [
    "a shorter vector",
    (data) => data.with(1, { ...data[1]!, embedding: base64(new Float32Array(15).fill(1)) }),
    "provider_wrong_dimensions",
  ],
  [
    "only zeros",
    (data) => data.map((item) => ({ ...item, embedding: base64(zeros) })),
    "provider_wrong_vector",
  ],
  [
    "only NaN",
    (data) => data.map((item) => ({ ...item, embedding: base64(new Float32Array(16).fill(Number.NaN)) })),
    "provider_wrong_vector",
  ],
  [
    "text for numbers",
    (data) => data.map((item) => ({ ...item, embedding: new Array(16).fill("1") })),
    "provider_wrong_vector",
  ],
  [
    "null for numbers",
    (data) => data.map((item) => ({ ...item, embedding: new Array(16).fill(null) })),
    "provider_wrong_vector",
  ],
];

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString("base64");
}

test.each(wrongVectors)("%s: asked once more, then a permanent error", async (_, change, code) => {
  const embedder = await embedderOf({ misbehave: () => ({ change }) });
  await expect(embedder.embed(["a", "b"], { signal })).rejects.toMatchObject({
    name: "PermanentError",
    code,
  });
  // Where the vectors themselves are wrong, a harmless word shows that it is not because of the notes.
  expect(endpoint.server.requests).toHaveLength(code === "provider_wrong_vector" ? 4 : 2);
});

test.each(wrongVectors)("%s, once: the second answer is taken", async (_, change) => {
  const embedder = await embedderOf({ misbehave: (_, number) => (number === 1 ? { change } : undefined) });
  const { vectors, requests, refused } = await embedder.embed(["a", "b"], { signal });
  expect({ requests, refused }).toEqual({ requests: 2, refused: [] });
  expect(rowOf(vectors, 1)).toEqual(serverVector("b", 16));
});

test("vectors in another order go to the input that their index names; without any index they are in order", async () => {
  const embedder = await embedderOf({ misbehave: () => ({ change: (data) => data.toReversed() }) });
  const { vectors } = await embedder.embed(["a", "b", "c"], { signal });
  expect(["a", "b", "c"].map((_, i) => rowOf(vectors, i))).toEqual(
    ["a", "b", "c"].map((text) => serverVector(text, 16)),
  );
  endpoint.server.options.misbehave = () => ({
    change: (data) => data.map(({ embedding }) => ({ embedding })),
  });
  const inOrder = await embedder.embed(["a", "b"], { signal });
  expect(rowOf(inOrder.vectors, 1)).toEqual(serverVector("b", 16));
});

test("an input whose vector alone stays wrong is refused, and the others are embedded", async () => {
  const embedder = await embedderOf({
    vectorOf: (text) => (text === "b" ? new Float32Array(16).fill(Number.NaN) : undefined),
  });
  const { vectors, refused } = await embedder.embed(["a", "b", "c"], { signal });
  expect(refused).toEqual([{ index: 1, code: "provider_wrong_vector" }]);
  expect(rowOf(vectors, 1)).toEqual(zeros);
  expect(rowOf(vectors, 2)).toEqual(serverVector("c", 16));
  expect((await embedder.embed(["b"], { signal })).refused).toEqual([
    { index: 0, code: "provider_wrong_vector" },
  ]);
});

test("an input that is refused after an answer that was no good has zeros, and no rest of that answer", async () => {
  const embedder = await embedderOf({
    misbehave: ({ input }, number) => {
      if (number > 1) return input.includes("b") ? { status: 400 } : undefined;
      return { change: (data) => data.with(0, { ...data[0]!, embedding: base64(zeros) }) };
    },
  });
  const { vectors, refused } = await embedder.embed(["a", "b"], { signal });
  expect(refused).toEqual([{ index: 1, code: "provider_refused_400" }]);
  expect([0, 1].map((row) => rowOf(vectors, row))).toEqual([serverVector("a", 16), zeros]);
});
