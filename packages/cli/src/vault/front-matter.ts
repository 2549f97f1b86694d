import { parseDocument } from "yaml";
import { readDate } from "./dates.ts";

/** Longer blocks are no notes about a note; YAML's cost grows faster than its length. */
const maxCharacters = 64 * 1024;

export interface FrontMatter {
  title?: string;
  tags: string[];
  createdAt?: Date;
  updatedAt?: Date;
  aiExcluded: boolean;
  /** A drawing of the Excalidraw plugin, whose text is coordinates. */
  isDrawing: boolean;
  /** The kind of page our own export wrote, "cluster" or "index". */
  noctuary?: string;
}

export interface FrontMatterProblem {
  line: number;
  code: string;
  message: string;
}

/**
 * A note's front matter and the text after it.
 *
 * Never throws. What is broken or hostile (an unclosed block, an alias bomb, a date such as "yesterday") is a
 * problem with its line in the file; the text is whole all the same, and plain `key: value` lines are still read
 * one by one. That matters most for `ai: false`: a note whose front matter cannot be understood but mentions it
 * stays excluded.
 */
export function readFrontMatter(text: string): {
  fields: FrontMatter;
  body: string;
  problems: FrontMatterProblem[];
} {
  const block = splitFrontMatter(text);
  if (block === undefined) return { fields: noFields(), body: text, problems: [] };
  const problems: FrontMatterProblem[] = [];
  const lines = block.yaml.split("\n");
  const report = (code: string, message: string, key?: string) => {
    const at = key === undefined ? -1 : lines.findIndex((line) => lineKey(line) === key);
    problems.push({ line: at + 2, code, message });
  };
  let values: Map<string, unknown>;
  if (!block.isClosed) {
    report(
      "front-matter-unclosed",
      "The front matter has no closing ---; it was read as text. Add the line.",
    );
    values = plainValues(lines);
  } else {
    const parsed = parseYaml(block.yaml);
    values = parsed.values ?? plainValues(lines);
    if (parsed.problem !== undefined) problems.push(parsed.problem);
  }
  return { fields: fieldsOf(values, report), body: block.body, problems };
}

/** The block between --- lines and the text after it; undefined when the text only begins with a rule. */
export function splitFrontMatter(
  text: string,
): { yaml: string; body: string; isClosed: boolean } | undefined {
  const first = /^---[ \t]*\n/.exec(text);
  if (first === null) return undefined;
  const rest = text.slice(first[0].length);
  const close = /^(?:---|\.\.\.)[ \t]*(?:\n|$)/m.exec(rest);
  if (close === null) {
    const lines = rest
      .slice(0, maxCharacters)
      .trimStart()
      .split(/\n[ \t]*\n/, 1)[0]!;
    const isField = lineKey(lines.split("\n", 1)[0]!) !== undefined;
    return isField ? { yaml: lines, body: text, isClosed: false } : undefined;
  }
  const yaml = rest.slice(0, close.index);
  // A paragraph between two rules is a person's text.
  const holdsFields =
    yaml.trim() === "" || /^\s*\{/.test(yaml) || yaml.split("\n").some((line) => lineKey(line));
  if (!holdsFields) return undefined;
  return { yaml, body: rest.slice(close.index + close[0].length), isClosed: true };
}

function parseYaml(yaml: string): { values?: Map<string, unknown>; problem?: FrontMatterProblem } {
  if (yaml.length > maxCharacters) {
    const message = `The front matter is over ${maxCharacters} characters; only its plain lines were read. Shorten it.`;
    return { problem: { line: 1, code: "front-matter-too-long", message } };
  }
  try {
    const document = parseDocument(yaml, { prettyErrors: true, logLevel: "silent" });
    const error = document.errors[0];
    if (error !== undefined) {
      const line = (error.linePos?.[0].line ?? 1) + 1;
      // The library's own message quotes the line, which is the person's text.
      const message =
        `The front matter is not valid YAML (${error.code}), so it was read line by line. ` +
        `Look at line ${line}: a value that holds ": ", "#", "[" or "{" needs quotes around it.`;
      return { problem: { line, code: "front-matter-broken", message } };
    }
    // The library expands at most 100 aliases here and throws beyond, which stops alias bombs.
    const content: unknown = document.toJS();
    if (content === null || content === undefined) return { values: new Map() };
    if (typeof content !== "object" || Array.isArray(content)) {
      const message = "The front matter holds no fields (key: value), so nothing was taken from it.";
      return { problem: { line: 2, code: "front-matter-broken", message } };
    }
    return { values: new Map(Object.entries(content).map(([key, value]) => [fieldKey(key), value])) };
  } catch {
    // Too many aliases, or nesting deeper than the stack: whatever it throws, the block made it do so.
    const message =
      "The front matter nests or repeats itself too deeply; only its plain lines were read. Simplify it.";
    return { problem: { line: 1, code: "front-matter-hostile", message } };
  }
}

/** The plain `key: value` lines of a block that is no YAML. */
function plainValues(lines: string[]): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const line of lines) {
    const key = lineKey(line);
    if (key === undefined || values.has(key)) continue;
    const value = line
      .slice(line.indexOf(":") + 1)
      .trim()
      .replace(/\s+#.*$/, "")
      .replace(/^(["'])(.*)\1$/, "$2");
    if (value !== "" && !/^[&*|>!]/.test(value)) values.set(key, value.replace(/^\[(?!\[)(.*)\]$/, "$1"));
  }
  return values;
}

const createdKeys = ["created", "createdat", "datecreated", "creationdate", "createdtime", "ctime", "date"];
const updatedKeys = [
  "updated",
  "updatedat",
  "dateupdated",
  "modified",
  "modifiedat",
  "datemodified",
  "lastmodified",
  "lastupdated",
  "lastmod",
  "mtime",
];

function fieldsOf(
  values: Map<string, unknown>,
  report: (code: string, message: string, key?: string) => void,
): FrontMatter {
  const fields = noFields();
  const date = (keys: string[]) => {
    for (const key of keys) {
      const value = values.get(key);
      if (value === undefined || value === null || value === "") continue;
      const read = readDate(value);
      if (read !== undefined) return read;
      report(
        "date-unreadable",
        "This date is not understood and was passed over. Write it as 2026-05-25.",
        key,
      );
    }
    return undefined;
  };
  const createdAt = date(createdKeys);
  const updatedAt = date(updatedKeys);
  if (createdAt !== undefined) fields.createdAt = createdAt;
  if (updatedAt !== undefined) fields.updatedAt = updatedAt;

  const title = values.get("title");
  if (typeof title === "string" || typeof title === "number") {
    const line = String(title).trim().replace(/\s+/g, " ").normalize("NFC").slice(0, 500).toWellFormed();
    if (line !== "") fields.title = line;
  }
  for (const key of ["tags", "tag"]) {
    const tags = values.get(key);
    if (typeof tags === "string") fields.tags.push(...tags.split(/[,\s]+/));
    else if (typeof tags === "number") fields.tags.push(String(tags));
    else if (Array.isArray(tags)) {
      fields.tags.push(
        ...tags.filter((tag) => typeof tag === "string" || typeof tag === "number").map(String),
      );
    } else if (tags !== undefined && tags !== null) {
      report("tags-unreadable", "Tags are a list or one line of words; these were passed over.", key);
    }
  }
  fields.aiExcluded = isExcluded(values, report);
  fields.isDrawing = values.has("excalidrawplugin");
  const noctuary = values.get("noctuary");
  if (typeof noctuary === "string") fields.noctuary = noctuary;
  return fields;
}

const yes = /^(?:true|yes|on|y|1)$/i;
const no = /^(?:false|no|off|n|0|none|never)$/i;

/** A word that is neither yes nor no keeps the note out: sent by mistake cannot be taken back. */
function isExcluded(
  values: Map<string, unknown>,
  report: (code: string, message: string, key?: string) => void,
): boolean {
  let excluded = false;
  for (const [key, excludes] of [
    ["ai", no],
    ["aiexcluded", yes],
    ["aiexclude", yes],
  ] as const) {
    const value = values.get(key);
    if (value === undefined || value === null || value === "") continue;
    const word = typeof value === "object" ? "" : String(value).trim();
    if (excludes.test(word)) excluded = true;
    else if (!yes.test(word) && !no.test(word)) {
      excluded = true;
      report(
        "ai-flag-unclear",
        "This is neither true nor false, so the note is left out. Write ai: true or ai: false.",
        key,
      );
    }
  }
  return excluded;
}

function noFields(): FrontMatter {
  return { tags: [], aiExcluded: false, isDrawing: false };
}

/** `created_at`, `createdAt`, `Created At` and `created-at` are one field. */
function fieldKey(key: string): string {
  return key.toLowerCase().replace(/[\s_-]/g, "");
}

function lineKey(line: string): string | undefined {
  const key = /^["']?([\w][\w -]{0,60}?)["']?[ \t]*:(?:\s|$)/.exec(line)?.[1];
  return key === undefined ? undefined : fieldKey(key);
}
