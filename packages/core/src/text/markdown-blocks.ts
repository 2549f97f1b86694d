const fence = /^[ \t]*(`{3,}|~{3,})/;
const rule = /^[|:\-=*_+ \t]+$/;
const quoteMark = /^[ \t]{0,3}>[ \t]?/;
const callout = /^\[![\w-]{1,40}\][+-]?/;
const heading = /^[ \t]{0,3}#{1,6}[ \t]+/;
const listMark = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/;
const taskBox = /^\[.\][ \t]+/;
const reference = /^[ \t]{0,3}\[[^[\]]{1,200}\]:[ \t]/;
const dataviewField = /^[ \t]*(?:\*\*)?[\p{L}][\p{L}\p{N}_ -]{0,40}(?:\*\*)?::(?:[ \t]|$)/u;
const cellBorder = /[ \t]?(?<!\\)\|[ \t]?/g;
const blockId = /^[\w-]{1,60}$/;

/** Drops what a whole line says about structure; what spans lines or stands inside them is left to `readInline`. */
export function readBlocks(markdown: string): string {
  const lines = markdown.split(/\r\n|\r|\n/);
  const kept: string[] = [];
  let openFence = "";
  for (let number = afterFrontMatter(lines); number < lines.length; number++) {
    let line = withoutQuoteMarks(lines[number]!);
    const marks = fence.exec(line)?.[1];
    if (openFence !== "") {
      if (marks?.startsWith(openFence) && line.trim() === marks) openFence = "";
      continue;
    }
    // ```one line``` is inline code, not the start of a block.
    if (marks !== undefined && !(marks[0] === "`" && line.trim().slice(marks.length).includes("`"))) {
      openFence = marks;
      kept.push("");
      continue;
    }
    if (line !== "" && rule.test(line) && /[-=*_]/.test(line)) {
      kept.push("");
      continue;
    }
    if (reference.test(line) && !line.trimStart().startsWith("[^")) continue;
    line = withoutBlockId(line);
    const standsAlone = heading.test(line) || listMark.test(line) || line.trimStart().startsWith("|");
    if (!standsAlone) {
      kept.push(line.replace(callout, "").replace(dataviewField, ""));
      continue;
    }
    line = line.replace(heading, "").replace(listMark, "").replace(taskBox, "").replace(dataviewField, "");
    if (line.trimStart().startsWith("|")) line = line.replace(cellBorder, "\t").trim();
    kept.push("", line, "");
  }
  return kept.join("\n");
}

/** The number of the first line after front matter; 0 if there is none or it is never closed. */
function afterFrontMatter(lines: string[]): number {
  if (lines[0]?.replace(/^\ufeff/, "").trimEnd() !== "---") return 0;
  for (let number = 1; number < lines.length; number++) {
    const line = lines[number]!.trimEnd();
    if (line === "---" || line === "...") return number + 1;
  }
  return 0;
}

function withoutQuoteMarks(line: string): string {
  // A line of nothing but marks would otherwise be copied once a mark.
  for (let depth = 0; depth < 8; depth++) {
    const mark = quoteMark.exec(line);
    if (mark === null) break;
    line = line.slice(mark[0].length);
  }
  return line;
}

function withoutBlockId(line: string): string {
  const at = line.lastIndexOf(" ^");
  return at >= 0 && blockId.test(line.slice(at + 2).trimEnd()) ? line.slice(0, at) : line;
}
