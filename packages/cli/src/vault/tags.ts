import { withoutCode } from "@noctuary/core/text/markdown-code";

/** A note keeps no more tags than this; more is a generated file or an attack, not someone's order. */
export const maxTags = 500;
const maxTagLength = 200;

const inlineTag =
  /(?<=^|[\s,;]|(?<!\])\()#((?:[\p{L}\p{M}\p{N}\p{Extended_Pictographic}_/-]|\u200d|\ufe0f)+)/gmu;

/**
 * The `#tags` in a note's text, as Obsidian reads them: after a blank or an opening parenthesis, with at least one
 * character that is no digit; not in code. `#1` is an issue, `#ffcc00` a colour, `# Heading` a heading.
 */
export function inlineTags(body: string): string[] {
  if (!body.includes("#")) return [];
  const found: string[] = [];
  for (const [, name = ""] of withoutCode(body).matchAll(inlineTag)) {
    const tag = name.replace(/\/+$/, "");
    if (/[^\p{N}/_-]/u.test(tag) && !isHexColour(tag)) found.push(tag);
    if (found.length > 4 * maxTags) break;
  }
  return found;
}

/** `#cafe` and `#dad` are words as well: letters alone are a colour only when they repeat, like `#fff`. */
function isHexColour(tag: string): boolean {
  if (!/^(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i.test(tag)) return false;
  return /\d/.test(tag) || /^(.)\1+$/.test(tag) || /^(?:(.)\1){3,4}$/.test(tag) || /^abc(?:def)?$/i.test(tag);
}

/** Tags from front matter and text as one list: without #, in NFC, each once whatever its case, at most `maxTags`. */
export function joinTags(...lists: string[][]): string[] {
  const bySpelling = new Map<string, string>();
  for (const list of lists) {
    for (const raw of list) {
      if (bySpelling.size >= maxTags) break;
      const tag = raw.trim().replace(/^#+/, "").replace(/\s+/g, " ").normalize("NFC").slice(0, maxTagLength);
      const spelling = tag.toLowerCase();
      if (tag !== "" && !bySpelling.has(spelling)) bySpelling.set(spelling, tag.toWellFormed());
    }
  }
  return [...bySpelling.values()];
}
