// Tags and links are not read inside code. A Markdown parser would tell code apart as well, but builds a whole
// tree for that; this is one pass over the lines, and it leaves every other character where it was.

const fence = /^(?:[ \t]{0,3}>)*[ \t]*(`{3,}|~{3,})(.*)$/;
const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]/;
const indented = /^(?: {4}|\t| {1,3}\t)/;

/** The text with the contents of fenced, indented and inline code blanked out. Linear in its length. */
export function withoutCode(markdown: string): string {
  const kept: string[] = [];
  let paragraph: string[] = [];
  let openFence = "";
  let isInList = false;
  let isAfterBlank = true;
  const closeParagraph = () => {
    if (paragraph.length > 0) kept.push(withoutInlineCode(paragraph.join("\n")));
    paragraph = [];
  };
  for (const line of markdown.split("\n")) {
    const [, marks = "", info = ""] = fence.exec(line) ?? [];
    if (openFence !== "") {
      if (marks.startsWith(openFence) && info.trim() === "") openFence = "";
      kept.push("");
      continue;
    }
    const isBlank = line.trim() === "";
    if (marks !== "" && !(marks.startsWith("`") && info.includes("`"))) {
      closeParagraph();
      openFence = marks;
      kept.push("");
    } else if (isBlank) {
      closeParagraph();
      kept.push("");
    } else if (isAfterBlank && !isInList && indented.test(line)) {
      kept.push("");
      continue;
    } else {
      if (listItem.test(line)) isInList = true;
      else if (isAfterBlank && !/^[ \t]/.test(line)) isInList = false;
      paragraph.push(line);
    }
    isAfterBlank = isBlank;
  }
  closeParagraph();
  return kept.join("\n");
}

/** A run of backticks is closed by the next run of the same length, as CommonMark has it. */
function withoutInlineCode(paragraph: string): string {
  if (!paragraph.includes("`")) return paragraph;
  const runs = [...paragraph.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  /** For each run, the next one of the same length. */
  const closedBy = new Map<number, number>();
  const latest = new Map<number, number>();
  for (let number = runs.length - 1; number >= 0; number--) {
    const { length } = runs[number]!;
    const next = latest.get(length);
    if (next !== undefined) closedBy.set(number, next);
    latest.set(length, number);
  }
  const kept: string[] = [];
  let at = 0;
  for (let number = 0; number < runs.length; number++) {
    const close = closedBy.get(number);
    if (close === undefined) continue;
    kept.push(paragraph.slice(at, runs[number]!.at), "`");
    at = runs[close]!.at + runs[close]!.length;
    number = close;
  }
  kept.push(paragraph.slice(at));
  return kept.join("");
}
