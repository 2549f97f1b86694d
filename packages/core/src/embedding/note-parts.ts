import { plainText } from "../text/plain-text.ts";

/** A Markdown note taken apart by how much each part says about its subject. */
export interface NoteParts {
  title: string;
  /** The body as a person reads it: without markup, fenced code and URLs. */
  prose: string;
  /** The content of fenced code blocks, without URLs. */
  code: string;
  /** The language named at each fenced code block. */
  languages: string[];
  /** The telling part of each linked host: "docs.python" for https://docs.python.org/3/. */
  hosts: string[];
}

const titleEnd = "\n\n";
const fence = /^[ \t>]*(`{3,}|~{3,})[ \t]*\{?\.?([^\s`{},]*)/;
const url = /https?:\/\/(?:www\.)?([^\s/:?#)>\]"'<]+)[^\s)>\]"'<]*/g;

/** Takes apart `title + "\n\n" + body`; a text without an empty line is all prose. Linear in its length. */
export function notePartsOf(note: string): NoteParts {
  const split = note.indexOf(titleEnd);
  const title = split < 0 ? "" : note.slice(0, split);
  const body = split < 0 ? note : note.slice(split + titleEnd.length);
  const { code, languages, outside } = splitFences(body);
  const hosts = [...outside.matchAll(url)].map((match) => withoutTopLevel(match[1]!));
  return { title, prose: plainText(body), code: code.replace(url, " "), languages, hosts };
}

function splitFences(body: string): { code: string; languages: string[]; outside: string } {
  const code: string[] = [];
  const outside: string[] = [];
  const languages: string[] = [];
  let open: string | undefined;
  for (const line of body.split("\n")) {
    const [, marks, language] = fence.exec(line) ?? [];
    if (open === undefined && marks !== undefined) {
      open = marks;
      if (language) languages.push(language);
    } else if (open !== undefined && marks?.startsWith(open)) {
      open = undefined;
    } else {
      (open === undefined ? outside : code).push(line);
    }
  }
  return { code: code.join("\n"), languages, outside: outside.join("\n") };
}

function withoutTopLevel(host: string): string {
  const end = host.lastIndexOf(".");
  return end < 0 ? "" : host.slice(0, end);
}
