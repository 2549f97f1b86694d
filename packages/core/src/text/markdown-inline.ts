const special = /[\\<%!`[\]*_~=$&{]/g;
const escapable = /[!-/:-@[-`{-~]/;
const tagName = /\/?([a-z][a-z0-9-]{0,30})/iy;
const breakingTags = new Set([
  "br",
  "p",
  "div",
  "li",
  "ul",
  "ol",
  "tr",
  "td",
  "th",
  "table",
  "details",
  "summary",
  "hr",
]);
const entity = /&(?:#(\d{1,6})|#x([\da-f]{1,5})|([a-z]{2,8}));/iy;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const wordCharacter = /[\p{L}\p{N}]/u;
const fileExtension = /\.[a-z0-9]{2,5}$/i;

/** Drops markup inside and across lines, in one pass: no character is looked at more than a few times. */
export function readInline(text: string): string {
  const closing = matchingBrackets(text);
  /** Where reading goes on after the bracket that closes a link's text. */
  const resumeAfter = new Map<number, number>();
  const next = forwardSearch(text);
  const kept: string[] = [];
  let at = 0;
  while (at < text.length) {
    special.lastIndex = at;
    const found = special.exec(text);
    if (found === null) {
      kept.push(text.slice(at));
      break;
    }
    kept.push(text.slice(at, found.index));
    at = found.index;
    const end = readSpecial(text, at, closing, resumeAfter, next, kept);
    if (end > at) at = end;
    else kept.push(text[at++]!);
  }
  return kept.join("");
}

/**
 * Reads the markup at `at`, adds what a person reads of it to `kept`, and returns where to go on; returns `at`
 * itself when the character is only a character.
 */
function readSpecial(
  text: string,
  at: number,
  closing: Map<number, number>,
  resumeAfter: Map<number, number>,
  next: (needle: string, from: number) => number,
  kept: string[],
): number {
  const after = text[at + 1] ?? "";
  const skipTo = (end: number, length: number) => {
    if (end < 0) return at;
    kept.push(" ");
    return end + length;
  };
  switch (text[at]) {
    case "\\":
      if (!escapable.test(after)) return at;
      kept.push(after);
      return at + 2;
    case "<":
      if (text.startsWith("<!--", at)) return skipTo(next("-->", at + 4), 3);
      if (after === "%") return skipTo(next("%>", at + 2), 2);
      return readTag(text, at, next, kept);
    case "%":
      return after === "%" ? skipTo(next("%%", at + 2), 2) : at;
    case "{":
      return after === "{" ? skipTo(next("}}", at + 2), 2) : at;
    case "!":
      return after === "[" ? readImage(text, at, closing, kept) : at;
    case "[":
      return readLink(text, at, closing, resumeAfter, kept);
    case "]":
      return resumeAfter.get(at) ?? at;
    case "`":
      return readCode(text, at, next, kept);
    case "$":
      return readFormula(text, at, next, kept);
    case "&":
      return readEntity(text, at, kept);
    case "_": {
      const inside = wordCharacter.test(text[at - 1] ?? "") && wordCharacter.test(after);
      return inside ? at : at + 1;
    }
    case "*":
      // 2 * 3 and f*g keep theirs; emphasis touches a word on one side only.
      return after === " " && text[at - 1] === " " ? at : at + 1;
    default:
      // ~~struck~~ and ==marked==; a single sign is only a sign.
      return after === text[at] ? at + 2 : at;
  }
}

function readTag(
  text: string,
  at: number,
  next: (needle: string, from: number) => number,
  kept: string[],
): number {
  tagName.lastIndex = at + 1;
  const name = tagName.exec(text)?.[1]?.toLowerCase();
  if (name === undefined) return at;
  const end = next(">", at + 1);
  const another = next("<", at + 1);
  if (end < 0 || (another >= 0 && another < end)) return at;
  if ((name === "script" || name === "style") && text[at + 1] !== "/") {
    const close = next(`</${name}`, end);
    if (close >= 0) return close;
  }
  kept.push(breakingTags.has(name) ? "\n\n" : name.startsWith("http") || name === "mailto" ? " " : "");
  return end + 1;
}

function readImage(text: string, at: number, closing: Map<number, number>, kept: string[]): number {
  const close = closing.get(at + 1);
  if (close === undefined) return at;
  kept.push(" ");
  if (text[at + 2] === "[") {
    const target = text.slice(at + 3, close - 1);
    // An embedded note is read by its title, an embedded file is not read.
    if (!fileExtension.test(target.split(/[|#]/, 1)[0]!)) kept.push(wikiText(target));
    return close + 1;
  }
  return linkEnd(text, close, closing) ?? close + 1;
}

function readLink(
  text: string,
  at: number,
  closing: Map<number, number>,
  resumeAfter: Map<number, number>,
  kept: string[],
): number {
  const close = closing.get(at);
  if (close === undefined) return at;
  if (text[at + 1] === "[" && closing.get(at + 1) === close - 1) {
    kept.push(wikiText(text.slice(at + 2, close - 1)));
    return close + 1;
  }
  if (text[at + 1] === "^") return text[close + 1] === ":" ? close + 2 : close + 1;
  const end = linkEnd(text, close, closing);
  if (end === undefined) return at;
  resumeAfter.set(close, end);
  return at + 1;
}

/** Where a link with the text that closes at `close` ends, or undefined when those are only brackets. */
function linkEnd(text: string, close: number, closing: Map<number, number>): number | undefined {
  const opener = text[close + 1];
  if (opener !== "(" && opener !== "[") return undefined;
  const end = closing.get(close + 1);
  return end === undefined ? undefined : end + 1;
}

/** `folder/Note#Heading|shown` is read as "shown", without an alias as "Note Heading". */
function wikiText(target: string): string {
  const bar = target.indexOf("|");
  if (bar >= 0) return target.slice(bar + 1);
  const [path = "", ...headings] = target.split("#");
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.md$/, "");
  return [name, ...headings.map((heading) => (heading.startsWith("^") ? "" : heading))].join(" ").trim();
}

function readCode(
  text: string,
  at: number,
  next: (needle: string, from: number) => number,
  kept: string[],
): number {
  let start = at + 1;
  while (text[start] === "`") start++;
  const close = next("`", start);
  const paragraph = next("\n\n", start);
  if (close < 0 || (paragraph >= 0 && paragraph < close)) return start;
  const code = text.slice(start, close);
  // Dataview's inline queries begin with = or $=.
  kept.push(/^\$?= ?\S/.test(code) && code.includes("this.") ? " " : code);
  let end = close + 1;
  while (text[end] === "`") end++;
  return end;
}

/** Pandoc's rule for $x$: no blank inside the signs, no digit after the closing one; $5 and $6 are money. */
function readFormula(
  text: string,
  at: number,
  next: (needle: string, from: number) => number,
  kept: string[],
): number {
  if (text[at + 1] === "$") {
    const end = next("$$", at + 2);
    if (end < 0) return at;
    kept.push(" ");
    return end + 2;
  }
  const close = next("$", at + 1);
  if (close < 0 || close - at > 300 || /\s/.test(text[at + 1]!) || /\s/.test(text[close - 1]!)) return at;
  if (/\d/.test(text[close + 1] ?? "")) return at;
  kept.push(" ");
  return close + 1;
}

function readEntity(text: string, at: number, kept: string[]): number {
  entity.lastIndex = at;
  const match = entity.exec(text);
  if (match === null) return at;
  const [, decimal, hexadecimal, name = ""] = match;
  const code = decimal ? Number(decimal) : hexadecimal ? Number.parseInt(hexadecimal, 16) : 0;
  kept.push(
    code > 31 && !(code >= 0xd800 && code < 0xe000)
      ? String.fromCodePoint(code)
      : (entities[name.toLowerCase()] ?? " "),
  );
  return entity.lastIndex;
}

/** For each ( and [ that is closed within its paragraph, where: one pass, so that no link is searched for twice. */
function matchingBrackets(text: string): Map<number, number> {
  const closing = new Map<number, number>();
  if (!text.includes("[")) return closing;
  let round: number[] = [];
  let square: number[] = [];
  for (const match of text.matchAll(/\\[()[\]]|[()[\]]|\n\n/g)) {
    const at = match.index;
    switch (match[0]) {
      case "(":
        round.push(at);
        break;
      case "[":
        square.push(at);
        break;
      case ")": {
        const open = round.pop();
        if (open !== undefined) closing.set(open, at);
        break;
      }
      case "]": {
        const open = square.pop();
        if (open !== undefined) closing.set(open, at);
        break;
      }
      case "\n\n":
        round = [];
        square = [];
        break;
    }
  }
  return closing;
}

/**
 * `text.indexOf(needle, from)` for positions that only grow: the last answer for a needle is remembered until it is
 * passed, so that an opening mark that is never closed does not search to the end again and again.
 */
function forwardSearch(text: string): (needle: string, from: number) => number {
  const known = new Map<string, number>();
  return (needle, from) => {
    const last = known.get(needle);
    if (last !== undefined && (last < 0 || last >= from)) return last;
    const found = text.indexOf(needle, from);
    known.set(needle, found);
    return found;
  };
}
