import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

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
