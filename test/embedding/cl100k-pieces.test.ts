import { endOfPiece } from "@noctuary/core/embedding/cl100k-pieces";
import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/cl100k_base";
import { CL100K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { expect, test } from "vitest";

function piecesOf(text: string): string[] {
  const units = Uint16Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(units, start);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

const matched = (text: string) => text.match(new RegExp(CL100K_TOKEN_SPLIT_REGEX)) ?? [];

test.each([
  "it's what THEY'LL say, they've done; I'D 'sat 'Ve 'ſ 'K",
  "  two blanks, \t a tab\n\n\nlines \r\n \n  and an end   ",
  "1234567 12a34 ٣٤٥٦ ½ Ⅷ 𝟙𝟚𝟛𝟜",
  "!!! ...\r\n\n(a) -b --c  - - $100 **bold** `code`",
  "Straße, 日本語のテキスト, שלום, नमस्ते, e\u0301 café",
  "🦉owl 👩‍👩‍👧 👍🏽 𝒶𝒷 \ud800 lone \udc00x",
  "no\u00a0break\u2003em\u2028line\ufeffmark \u3000",
  "",
  "\n",
  " ",
  "a  \n b",
])("cuts %j as the tokenizer's own expression does", (text) => {
  expect(piecesOf(text)).toEqual([...matched(text)]);
});

test("cuts any text as the tokenizer's own expression does", () => {
  const character = fc.oneof(
    fc.constantFrom(..."aZsdmtlvreLVRE'12 \t\n\r.,-!(é日٣🦉𝟙\u00a0\ud800\u0301ſK".split(/(?:)/u)),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  const text = fc.array(character, { maxLength: 60 }).map((characters) => characters.join(""));
  fc.assert(
    fc.property(text, (text) => {
      expect(piecesOf(text)).toEqual([...matched(text)]);
    }),
    { numRuns: 300 },
  );
});

test("counts what the tokenizer counts, the first time and when it remembers", async () => {
  const count = await loadOpenAiTokenCounter();
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 100 }), (text) => {
      expect([count(text), count(text)]).toEqual([countTokens(text), countTokens(text)]);
    }),
    { numRuns: 300 },
  );
});
