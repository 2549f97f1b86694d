import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import { PieceKernel } from "@noctuary/core/embedding/piece-kernel";
import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { expect, test } from "vitest";

/** What a word may stand beside: other letters, marks, digits, line ends, an apostrophe, halves of characters. */
const neighbours = [
  " ",
  "  ",
  "é",
  "ß",
  "漢",
  "'",
  "’",
  "\n",
  "\r\n",
  "\t",
  "7",
  "_",
  "\u007f",
  "\u0080",
  "\ud83d\ude00",
  ".",
];
const words = [
  "a",
  "I'm",
  "don't",
  "aaaaaaaaaaaaaaaa",
  "aaaaaaaaaaaaaaaaa",
  "recognition",
  "The",
  "the",
  "THE",
  "naïve",
];

test("counts that are remembered are the tokenizer's own, whatever a word stands beside", async () => {
  const count = await loadOpenAiTokenCounter();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constantFrom(...words), fc.constantFrom(...neighbours)), { maxLength: 12 }),
      (parts) => {
        const text = parts.join("");
        // Twice: once to learn, once from what was learnt.
        expect([count(text), count(text)]).toEqual([countTokens(text), countTokens(text)]);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a word that goes on with another letter is not the word that was learnt", async () => {
  const count = await loadOpenAiTokenCounter();
  for (const [word, longer] of [
    [" fran", " fran\u00e7ais"],
    [" cr", " cr\u00e9er"],
    ["a", "a\u00f1o"],
  ] as const) {
    count(`${word} ${word} `);
    expect(count(longer)).toBe(countTokens(longer));
  }
});

test("more words than fit take each other's place, and are counted rightly all the same", async () => {
  const count = await loadOpenAiTokenCounter();
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const many = Array.from({ length: 30_000 }, (_, i) => {
    const [a, b, c, d] = [i % 26, Math.floor(i / 26) % 26, Math.floor(i / 676) % 26, i % 7];
    return `${letters[a]}${letters[b]}${letters[c]}${letters[d]}`;
  });
  const text = many.join(" ");
  expect(count(text)).toBe(countTokens(text));
  expect(count(text)).toBe(countTokens(text));
});

test("goes past what it has learnt, and stops at what it has not, or cannot", () => {
  const kernel = new PieceKernel();
  const firstStop = (text: string) => {
    kernel.begin(text);
    return kernel.walk(0);
  };
  kernel.begin("owl owl");
  kernel.learn(kernel.walk(0) + 3, 2);
  expect([firstStop("owl"), kernel.tokens]).toEqual([3, 2]);
  expect(firstStop("owl owl")).toBe(3);
  expect(firstStop("owls")).toBe(0);
  expect(firstStop("owl\u00e9")).toBe(0);
  expect(firstStop("owl".repeat(1_000_000)), "its memory has grown").toBe(0);
  expect(firstStop("owl")).toBe(3);
});
