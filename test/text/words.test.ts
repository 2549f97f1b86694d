import { isStopWord, stem, words } from "@noctuary/core/text/words";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

describe("words", () => {
  test("are lower case, without accents and punctuation", () => {
    expect(words("The Café, naïve ÜBER-Straße!")).toEqual(["the", "cafe", "naive", "uber", "straße"]);
    expect(words("pg_dump, node.js and HEC-RAS")).toEqual(["pg", "dump", "node", "js", "and", "hec", "ras"]);
  });

  test("a possessive s is dropped, other apostrophes join", () => {
    expect(words("Marta's plot; the dogs' bowl; don’t, it's")).toEqual([
      "marta",
      "plot",
      "the",
      "dogs",
      "bowl",
      "dont",
      "it",
    ]);
  });

  test("an elided article is no part of a word", () => {
    expect(words("L'eau d’hiver, qu'elle aujourd'hui dell'orto")).toEqual([
      "eau",
      "hiver",
      "elle",
      "aujourdhui",
      "orto",
    ]);
    expect(words("don't I'm o'clock")).toEqual(["dont", "im", "oclock"]);
  });

  test("c++, c# and f# are words", () => {
    expect(words("C++ and C#, F#.")).toEqual(["c++", "and", "c#", "f#"]);
    expect(words("é C++ c#")).toEqual(["e", "c++", "c#"]);
  });

  test("Korean syllables and voiced kana stay whole", () => {
    expect(words("한국어 ガラス")).toEqual(["한국어", "ガラス"]);
  });

  test("Chinese and Japanese are split into words", () => {
    expect(words("東京で寿司")).toEqual(["東京", "で", "寿司"]);
    expect(words("机器学习 notes").length).toBeGreaterThan(2);
  });

  test("Devanagari keeps its vowel signs, Cyrillic and Greek are words", () => {
    expect(words("हिन्दी Привет κόσμε")).toEqual(["हिन्दी", "привет", "κοσμε"]);
  });

  test("a text without letters or digits has no words", () => {
    expect(words("… — !? 🎉 \u0301")).toEqual([]);
  });

  test("whatever the text, words read again are the same words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        for (const word of words(text)) expect(words(word).join("")).toBe(word);
      }),
    );
  });
});

describe("stems", () => {
  test("join the forms of a word", () => {
    expect(stem("indexes")).toBe(stem("index"));
    expect(stem("clustering")).toBe(stem("clusters"));
  });

  test("leave short words, other scripts and words with digits or signs alone", () => {
    for (const word of ["aws", "ios", "привет", "寿司", "c++", "sqlite3s", "straßen"])
      expect(stem(word)).toBe(word);
  });
});

test("function words of seven languages are stop words, subjects are not", () => {
  for (const word of [
    "the",
    "dont",
    "und",
    "fur",
    "avec",
    "etait",
    "pero",
    "tambien",
    "nao",
    "voce",
    "の",
    "から",
    "的",
    "因为",
  ]) {
    expect([word, isStopWord(word)]).toEqual([word, true]);
  }
  for (const word of ["sqlite", "bread", "running", "garten", "pain", "casa", "pao", "寿司", "面包"]) {
    expect([word, isStopWord(word)]).toEqual([word, false]);
  }
});
