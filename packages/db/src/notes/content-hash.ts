import { hash } from "node:crypto";
import { sql } from "drizzle-orm";
import { sendAsUser } from "../access.ts";
import type { Database } from "../database.ts";
import { textArray } from "../text-array.ts";

/**
 * Whatever is not among the characters that the database's `composed` leaves alone (migration 0013): those stand for
 * themselves and join with no other of them.
 */
const mayCompose =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them is meant by itself
  /[^\t\n\r -\u02ff\u200b-\u200f\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2190-\u2328\u232b-\u2adb\u3001-\u3029\u3030-\u3096\u30a0-\u30ff\u4e00-\u9fff\uac00-\ud7a3\ufe0f\u{1f000}-\u{1faff}]/u;

interface Text {
  title: string;
  body: string;
}

/**
 * The hashes of texts, as `content_hash` computes them. Here and not where the texts are read, because the database takes
 * six times as long (25 microseconds for a note of 1,200 characters: its `btrim` and `length` go from character to
 * character). Texts that may need composing are left to it all the same: Unicode's tables are another version there.
 */
export async function contentHashes(db: Database, userId: string, texts: readonly Text[]): Promise<string[]> {
  const hashes = texts.map(plainContentHash);
  const others = texts.filter((_, i) => hashes[i] === null);
  if (others.length > 0) {
    const answer = await sendAsUser(
      db,
      userId,
      sql`select content_hash(title, body) as hash
        from unnest(${textArray(others.map(({ title }) => title))}, ${textArray(others.map(({ body }) => body))})
          with ordinality as t(title, body, place) order by place`,
    );
    const rows = answer.rows as { hash: string }[];
    let next = 0;
    for (let i = 0; i < hashes.length; i++) hashes[i] ??= rows[next++]!.hash;
  }
  return hashes as string[];
}

/** `content_hash` of a text that is composed for certain; null where it may not be. */
export function plainContentHash({ title, body }: Text): string | null {
  const text = `${trimmed(title)}\n\n${trimmed(body)}`;
  return isAscii(text) || !mayCompose.test(text) ? hash("sha256", text, "hex") : null;
}

/** Told without a look at each character by us: nothing below U+0080 composes. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function trimmed(text: string): string {
  const lines = text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text;
  let start = 0;
  let end = lines.length;
  while (start < end && isBlank(lines.charCodeAt(start))) start++;
  while (end > start && isBlank(lines.charCodeAt(end - 1))) end--;
  return lines.slice(start, end);
}

/** What `content_hash` trims: blank, tab, line feed. */
function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09 || unit === 0x0a;
}
