import { estimateTokens, loadOpenAiTokenCounter, slicesOf } from "@noctuary/core/embedding/count-tokens";
import { packInputs } from "@noctuary/core/embedding/pack-inputs";
import { poolVectors } from "@noctuary/core/embedding/pool-vectors";
import { splitText } from "@noctuary/core/embedding/split-text";
import { costUsd, estimatedCostUsd, PAID_MODEL } from "@noctuary/core/provider/prices";
import fc from "fast-check";
import { encode } from "gpt-tokenizer/encoding/cl100k_base";
import { expect, test } from "vitest";

const countTokens = await loadOpenAiTokenCounter();
const realCount = (text: string) => encode(text, { disallowedSpecial: new Set() }).length;

/** Texts as notes have them, down to halves of surrogate pairs and long runs. */
const anyText = fc
  .array(
    fc.oneof(
      fc.lorem({ maxCount: 12, mode: "sentences" }),
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "\n\n",
        "\r\n\r\n",
        "\n \n",
        " ",
        "<|endoftext|>",
        "日本語の文章。",
        "👩‍👩‍👧",
        "```\ncode();\n```\n",
      ),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(""));

test("tokens are counted as the provider counts them, special ones as plain text", () => {
  // OpenAI's own figures for cl100k_base.
  expect(countTokens("tiktoken is great!")).toBe(6);
  expect(countTokens("お誕生日おめでとう")).toBe(9);
  expect(countTokens("<|endoftext|>")).toBeGreaterThan(3);
  fc.assert(
    fc.property(anyText, (text) => {
      expect(countTokens(text)).toBe(realCount(text));
    }),
  );
});

test("a run without end is counted in little time, and never too low", () => {
  for (const run of [" ", "\n", "a", "-", "語", "ab1", "👩‍👩‍👧", " \n"]) {
    const text = run.repeat(1_000);
    expect(countTokens(text)).toBeGreaterThanOrEqual(realCount(text));
    expect(countTokens(text)).toBeLessThanOrEqual(realCount(text) * 1.05 + 40);
    expect(countTokens(run.repeat(30_000))).toBeGreaterThan(0);
  }
});

test("the estimate for other tokenizers is not below the count of prose, code or another script", () => {
  const texts = [
    "Feed the starter twice a day, and keep it at 24 °C.",
    "const x = [...rows].map(({ id }) => id ?? 0x1f); // 17",
    "日本語の文章です。",
    "Привет, как дела?",
    "|---|---|\n| 1 | 2 |\n\n\n\n- [ ] to do",
    "🌙🌙🌙",
  ];
  for (const text of texts) expect(estimateTokens(text)).toBeGreaterThanOrEqual(realCount(text));
  const prose = "The night is for what the day has no time for, and it is quiet. ".repeat(10);
  expect(estimateTokens(prose)).toBeLessThan(2.5 * realCount(prose));
});

test("slices put together are the text, and none ends inside a surrogate pair", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 2, max: 9 }), (text, length) => {
      const slices = [...slicesOf(text, length)];
      expect(slices.join("")).toBe(text);
      for (const slice of slices) {
        expect(slice.length).toBeLessThanOrEqual(length);
        expect(slice.isWellFormed()).toBe(true);
      }
    }),
  );
});

test.each([
  ["OpenAI's tokenizer", countTokens],
  ["the estimate", estimateTokens],
])("parts put together are the text, well formed, and within the limit of %s", (_, count) => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 8, max: 60 }), (text, maxTokens) => {
      const parts = splitText(text, maxTokens, count);
      expect(parts.map((part) => part.text).join("")).toBe(text);
      for (const part of parts) {
        expect(part.tokens).toBe(count(part.text));
        expect(part.tokens).toBeLessThanOrEqual(maxTokens);
        expect(part.text.isWellFormed()).toBe(true);
      }
    }),
  );
});

test("a text is split between paragraphs, a paragraph between sentences", () => {
  const paragraph = "Flour and water. ".repeat(10).trimEnd();
  const text = `${paragraph}\n\n${paragraph}\r\n\r\n${paragraph}`;
  const parts = splitText(text, countTokens(paragraph) + 2, countTokens).map((part) => part.text);
  expect(parts).toEqual([`${paragraph}\n\n`, `${paragraph}\r\n\r\n`, paragraph]);
  const sentences = splitText(paragraph, 12, countTokens).map((part) => part.text.trimEnd());
  // Four tokens and a blank each: two go into a part.
  expect(sentences).toEqual(new Array(5).fill("Flour and water. Flour and water."));
});

test("parts are within the limit even where a text counts more than its pieces together", () => {
  const count = (text: string) => text.length + Math.floor(text.length / 4);
  const parts = splitText("abcdefghijklmnop", 8, count);
  expect(parts.map((part) => part.text).join("")).toBe("abcdefghijklmnop");
  for (const part of parts) expect(count(part.text)).toBeLessThanOrEqual(8);
});

test("a limit below one character's tokens is refused", () => {
  expect(() => splitText("text", 7, countTokens)).toThrow(RangeError);
});

test("packing loses and doubles nothing, keeps the order within a request and the limits", () => {
  const limits = { maxInputs: 7, maxTokens: 100 };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 130 }), { maxLength: 300 }), (tokens) => {
      const requests = packInputs(tokens, limits);
      expect(requests.flat().sort((a, b) => a - b)).toEqual(tokens.map((_, i) => i));
      for (const request of requests) {
        expect(request).toEqual(request.toSorted((a, b) => a - b));
        expect(request.length).toBeLessThanOrEqual(7);
        const sum = request.reduce((total, i) => total + tokens[i]!, 0);
        expect(request.length === 1 || sum <= 100).toBe(true);
      }
    }),
  );
});

test("notes of any usual lengths take at most one request more than their tokens need", () => {
  const limits = { maxInputs: 2_048, maxTokens: 300_000 };
  // Many short notes and a few long ones, up to the limit of one input.
  const noteTokens = fc
    .integer({ min: 0, max: 999 })
    .map((draw) => Math.ceil(8_192 ** ((draw / 999) ** 0.6)));
  fc.assert(
    fc.property(fc.array(noteTokens, { minLength: 5_000, maxLength: 20_000 }), (tokens) => {
      const total = tokens.reduce((sum, count) => sum + count, 0);
      const least = Math.ceil(Math.max(total / limits.maxTokens, tokens.length / limits.maxInputs));
      expect(packInputs(tokens, limits).length).toBeLessThanOrEqual(least + 1);
    }),
    { numRuns: 20 },
  );
});

test("parts are pooled by their tokens into unit length, and not at all when they cancel out", () => {
  const x = Float32Array.of(1, 0);
  const y = Float32Array.of(0, 1);
  const pooled = poolVectors([
    { vector: x, tokens: 3 },
    { vector: y, tokens: 4 },
  ]);
  expect([...pooled!]).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
  const opposite = Float32Array.of(-1, 0);
  expect(poolVectors([x, opposite].map((vector) => ({ vector, tokens: 5 })))).toBeNull();
});

test("a model that is not in the price list costs an unknown sum and never nothing", () => {
  expect(costUsd("text-embedding-3-small", 1_000_000)).toBe(0.02);
  expect(costUsd("text-embedding-3-large", 1_000_000)).toBe(0.13);
  expect(costUsd("text-embedding-3-small", 0)).toBe(0);
  for (const model of ["nomic-embed-text", "toString", "", "openai/text-embedding-3-small"]) {
    expect(costUsd(model, 1_000)).toBeNull();
  }
  expect(estimatedCostUsd(4_000_000)).toBe(costUsd(PAID_MODEL.model, 1_000_000));
});
