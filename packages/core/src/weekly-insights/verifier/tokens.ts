export interface Token {
  kind: "word" | "number" | "mark";
  /** Words in lower case, with a plain apostrophe and without a possessive 's. */
  text: string;
  /** As it stands in the sentence. */
  written: string;
  start: number;
  end: number;
}

/** "to-do" is one word; a figure keeps the letters that hang on it ("3rd", "10k"). */
const pattern =
  /(?<!\p{L})to-dos?(?!\p{L})|\d[\d.,]*\d\p{L}*|\d\p{L}*|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*|[^\s\p{Co}]/giu;

/** Words, figures and marks of a masked sentence. */
export function tokensOf(masked: string): Token[] {
  return [...masked.matchAll(pattern)].map((match) => {
    const written = match[0];
    return {
      kind: /^\d/.test(written) ? "number" : /^[\p{L}\p{M}]/u.test(written) ? "word" : "mark",
      written,
      text: written.toLowerCase().replace("’", "'").replace(/'s$/, ""),
      start: match.index,
      end: match.index + written.length,
    };
  });
}
