import { withoutCode } from "./markdown-code.ts";
import { plainText } from "./plain-text.ts";

export interface ToDo {
  text: string;
  isDone: boolean;
}

const checkbox = /^[ \t]*(?:>[ \t]*)*(?:[-*+]|\d{1,9}[.)])[ \t]+\[([ xX])\][ \t]+(.+)$/;

/** The checkboxes of a Markdown note in their order, without their markup. Those in code do not count. */
export function toDos(markdown: string): ToDo[] {
  const found: ToDo[] = [];
  for (const line of withoutCode(markdown).split("\n")) {
    const [, mark, words] = checkbox.exec(line.trimEnd()) ?? [];
    if (words === undefined) continue;
    const text = plainText(words).replace(/\s+/g, " ").trim();
    if (text !== "") found.push({ text, isDone: mark !== " " });
  }
  return found;
}

const sentenceEnd = /(?<=[.!?…])["”’)]*\s+/u;
/** Shorter ones ("Why?", "OK?") ask nothing that could be taken up later. */
const MIN_WORDS = 4;

/**
 * The question that a note ends on, where it ends on one. A question in the middle is usually answered by what comes
 * after it; the one that is left standing is open.
 */
export function closingQuestion(markdown: string): string | null {
  const lines = plainText(withoutCode(markdown))
    .split("\n")
    .filter((line) => line.trim() !== "" && !checkbox.test(line));
  const last = lines.at(-1)?.trim() ?? "";
  const sentence = last.split(sentenceEnd).at(-1) ?? "";
  return sentence.endsWith("?") && sentence.split(/\s+/).length >= MIN_WORDS ? sentence : null;
}
