import { createHash } from "node:crypto";
import { contentHashes, plainContentHash } from "@noctuary/db/notes/content-hash";
import fc from "fast-check";
import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const database = databaseOfFile();

async function hash(title: string, body: string): Promise<string> {
  const rows = await database.query<{ hash: string }>("select noctuary.content_hash($1, $2) as hash", [
    title,
    body,
  ]);
  return rows[0]!.hash;
}

test.each<[string, [string, string], [string, string]]>([
  ["line ends of Windows", ["Title", "one\r\ntwo"], ["Title", "one\ntwo"]],
  ["white space around title and body", [" Title\t", "\n\nbody \n\t\n"], ["Title", "body"]],
  ["composed and decomposed letters", ["Caf\u00e9", "Zu\u0308rich"], ["Cafe\u0301", "Z\u00fcrich"]],
])("%s do not count", async (_, one, other) => {
  expect(await hash(...one)).toBe(await hash(...other));
});

test.each<[string, [string, string], [string, string]]>([
  ["a word", ["Title", "body"], ["Title", "bodies"]],
  ["the title", ["Title", "body"], ["Other", "body"]],
  ["capitals", ["Title", "body"], ["title", "body"]],
  ["white space inside, which code blocks have", ["t", "a\n  b"], ["t", "a\nb"]],
  ["what is title and what is body", ["a", "b"], ["", "a b"]],
  ["compatibility forms, which mean something else", ["t", "x²"], ["t", "x2"]],
])("%s counts", async (_, one, other) => {
  expect(await hash(...one)).not.toBe(await hash(...other));
});

test("the hash of a text stays what it is: stored vectors are found by it", async () => {
  expect(await hash("Title", "body")).toBe(createHash("sha256").update("Title\n\nbody").digest("hex"));
});

test("every character, and every pair that joins, is hashed in its composed form", async () => {
  // Where a character decomposes, its parts are the pairs that would join.
  const rows = await database.query<{ character: string }>(`
    select c as character from (
      select chr(i) as c from generate_series(1, x'1ffff'::int) i where i not between x'd800'::int and x'dfff'::int) all_characters
    where noctuary.composed('a' || c || 'b') <> normalize('a' || c || 'b')
      or (c is not nfd normalized and noctuary.composed(normalize(c, nfd)) <> normalize(c))`);
  expect(rows).toEqual([]);
});

const blank = fc.constantFrom(" ", "\t", "\n", "\r\n", "\r", "\u00a0", "\u2028");
const letter = fc.constantFrom(
  "a",
  "é",
  "e\u0301",
  "ﬁ",
  "日",
  "か\u3099",
  "한",
  "ᄒ\u1161",
  "\u0323\u0307",
  "\u212b",
  "👩‍🚀",
);
const writing = fc
  .array(fc.oneof(blank, letter, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 12 })
  .map((parts) => parts.join("").toWellFormed().replaceAll("\0", ""));

test("any text has the hash that the database computes, whoever computes it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ title: writing, body: writing }), { maxLength: 20 }),
      async (texts) => {
        const hashes = await contentHashes(database.db, "u", texts);
        expect(hashes).toEqual(await Promise.all(texts.map(({ title, body }) => hash(title, body))));
      },
    ),
    { numRuns: 100 },
  );
});

test("texts of most languages need no question, and what may have to be composed is asked for", () => {
  expect(plainContentHash({ title: "Zürich – “déjà vu”", body: "日本語のノート 한국어 👍" })).not.toBeNull();
  expect(plainContentHash({ title: "Caf\u00e9", body: "e\u0301" })).toBeNull();
});
