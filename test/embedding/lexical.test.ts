import { LEXICAL_MODEL, lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { wordWeight } from "@noctuary/core/embedding/word-weights";
import { expect, test } from "vitest";

const signal = new AbortController().signal;

async function embedAll(...inputs: string[]): Promise<Float32Array[]> {
  const embedder = lexicalEmbedder();
  const { vectors } = await embedder.embed(inputs, { signal });
  expect(vectors).toHaveLength(inputs.length * embedder.dimensions);
  return inputs.map((_, i) => vectors.subarray(i * embedder.dimensions, (i + 1) * embedder.dimensions));
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, d) => sum + value * b[d]!, 0);
}

test("costs nothing and stays on the machine", async () => {
  const embedder = lexicalEmbedder(64);
  expect(embedder).toMatchObject({
    provider: "lexical",
    model: LEXICAL_MODEL,
    dimensions: 64,
    leavesMachine: false,
  });
  expect(await embedder.embed(["a b"], { signal })).toMatchObject({ tokens: 0, requests: 0, costUsd: 0 });
  expect((await embedder.embed([], { signal })).vectors).toHaveLength(0);
});

test("every vector has unit length, in the order of the inputs", async () => {
  const inputs = [
    "Bread\n\nFlour and water",
    "",
    "the and of",
    "12 34",
    "日本語の文章",
    "🌙🌙",
    "x".repeat(5_000),
  ];
  const together = await embedAll(...inputs);
  for (const [i, vector] of together.entries()) {
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    expect(vector).toEqual((await embedAll(inputs[i]!))[0]);
  }
});

test("the same text has the same vector on every machine", async () => {
  // A change here is a new model: it needs a new name, or stored vectors meet others that they do not match.
  const { vectors } = await lexicalEmbedder(8).embed(["Sourdough\n\nFeed the starter."], { signal });
  expect([...vectors].map((value) => Number(value.toFixed(5)))).toEqual([
    -0.00451, -0.2595, -0.17083, 0.74992, -0.37826, -0.10522, -0.43236, 0,
  ]);
});

test("notes on one subject are closer than notes on two", async () => {
  const [bread, baking, taxes] = await embedAll(
    "Sourdough bread\n\nThe dough rises overnight; bake the loaf in a hot oven.",
    "Baking loaves\n\nMy oven bakes doughs unevenly, so I turn the bread.",
    "Tax return\n\nCollect invoices and receipts before the accountant calls.",
  );
  expect(cosine(bread!, baking!)).toBeGreaterThan(0.25);
  expect(cosine(bread!, taxes!)).toBeLessThan(0.15);
});

test("a word of the title counts more than one of the body, and function words not at all", async () => {
  const [query, inTitle, inBody] = await embedAll(
    "Violin",
    "Violin\n\nLesson notes",
    "Lesson notes\n\nViolin",
  );
  expect(cosine(query!, inTitle!)).toBeGreaterThan(cosine(query!, inBody!));
  const [bare, wordy] = await embedAll("t\n\nviolin lesson", "t\n\nthe violin and then a lesson of it");
  expect(cosine(bare!, wordy!)).toBeCloseTo(1, 5);
});

test("a text without words is like other such texts and like nothing else", async () => {
  const [empty, blank, symbols, words] = await embedAll("", " \n\n ", "🎉 ---", "Moon\n\nphases");
  expect(cosine(empty!, blank!)).toBe(1);
  expect(cosine(empty!, symbols!)).toBe(1);
  expect(cosine(empty!, words!)).toBe(0);
});

test("a text of function words alone is told from others by them", async () => {
  const [hamlet, again, other] = await embedAll(
    "to be or not to be",
    "To be, or not to be?",
    "where they have been",
  );
  expect(cosine(hamlet!, again!)).toBeCloseTo(1, 5);
  expect(cosine(hamlet!, other!)).toBeLessThan(0.6);
});

test("words weigh by what they say about a subject", () => {
  const weights = ["the", "2024", "x", "b12", "string", "violin"].map(wordWeight);
  expect(weights).toEqual([...weights].sort((a, b) => a - b));
  expect(wordWeight("the")).toBe(0);
  expect(wordWeight("violin")).toBe(1);
  expect(wordWeight("f".repeat(64))).toBe(0);
});

test("an aborted call rejects with the reason", async () => {
  const stopped = new AbortController();
  const embedding = lexicalEmbedder().embed(new Array(2_000).fill("Bread\n\nflour"), {
    signal: stopped.signal,
  });
  stopped.abort(new Error("out of time"));
  await expect(embedding).rejects.toThrow("out of time");
});

test("refuses a number of dimensions that cannot hold a word", () => {
  expect(() => lexicalEmbedder(1)).toThrow(RangeError);
  expect(() => lexicalEmbedder(1.5)).toThrow(RangeError);
});
