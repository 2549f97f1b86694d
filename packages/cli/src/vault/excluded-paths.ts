import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { decodeText } from "./decode-text.ts";
import { errorCode, SourceError, type SourceProblem } from "./source-note.ts";

export const ignoreFileName = ".noctuaryignore";

/**
 * Names that no notes app shows as notes. Templates are text to be filled in, the same in note after note; Logseq keeps
 * old versions of pages, in each graph that lies in the folder.
 */
const always = [
  "node_modules/",
  "templates/",
  "_templates/",
  "*.excalidraw.md",
  "**/logseq/bak/",
  "**/logseq/version-files/",
];

/** Which paths of a folder are left out; keys as in `SourceNote.key`, folders with a trailing slash. */
export interface ExcludedPaths {
  isExcluded(key: string): boolean;
  problems: SourceProblem[];
}

/**
 * What the folder's own settings leave out: Obsidian's excluded files, its template folders (core and Templater),
 * the daily note's template, and Logseq's backups, besides what is never a note.
 *
 * Settings that cannot be understood are problems, not errors. Patterns match whatever their case, as Obsidian's.
 */
export async function excludedPaths(root: string): Promise<ExcludedPaths> {
  const problems: SourceProblem[] = [];
  const rules = ignore().add(always);
  const setting = async (file: string, field: string): Promise<unknown> => {
    const path = `.obsidian/${file}`;
    try {
      const content = await readIfThere(join(root, path));
      if (content === undefined) return undefined;
      const settings: unknown = JSON.parse(content);
      return typeof settings === "object" && settings !== null ? Reflect.get(settings, field) : undefined;
    } catch {
      const message = `Obsidian's settings in ${path} cannot be read, so what they exclude is not excluded. Repair them or use ${ignoreFileName}.`;
      problems.push({ file: path, code: "settings-unreadable", message, isUnknown: false });
      return undefined;
    }
  };
  for (const folder of [
    await setting("templates.json", "folder"),
    await setting("plugins/templater-obsidian/data.json", "templates_folder"),
  ]) {
    if (typeof folder === "string" && trimSlashes(folder) !== "")
      rules.add(`/${literal(trimSlashes(folder))}/`);
  }
  const daily = await setting("daily-notes.json", "template");
  if (typeof daily === "string" && trimSlashes(daily) !== "") {
    rules.add(`/${literal(trimSlashes(daily).replace(/\.md$/i, ""))}.md`);
  }
  const filters = await setting("app.json", "userIgnoreFilters");
  const hides = obsidianFilter(Array.isArray(filters) ? filters : []);
  return { isExcluded: (key) => rules.ignores(key) || hides(key), problems };
}

/** The rules of a folder's own ignore file; undefined when it has none. Throws when there is one that can't be read. */
export async function ignoreRules(folder: string): Promise<Ignore | undefined> {
  const path = join(folder, ignoreFileName);
  let content: string | undefined;
  try {
    content = await readIfThere(path);
  } catch (cause) {
    const message = `${path} cannot be read (${errorCode(cause)}). It says what to keep out, so nothing is read without it.`;
    throw new SourceError("ignore-file-unreadable", message, { cause });
  }
  return content === undefined ? undefined : ignore().add(content);
}

/** Obsidian's excluded files: /a regular expression/ or the beginning of a path. */
function obsidianFilter(filters: unknown[]): (key: string) => boolean {
  const expressions: RegExp[] = [];
  const beginnings: string[] = [];
  for (const filter of filters) {
    if (typeof filter !== "string" || filter.trim() === "") continue;
    if (filter.length > 2 && filter.startsWith("/") && filter.endsWith("/")) {
      try {
        expressions.push(new RegExp(filter.slice(1, -1), "i"));
      } catch (error) {
        // Obsidian passes over an expression that does not compile, too.
        if (!(error instanceof SyntaxError)) throw error;
      }
    } else {
      beginnings.push(filter.trim().normalize("NFC").toLowerCase());
    }
  }
  return (key) => {
    const lower = key.toLowerCase();
    return (
      beginnings.some((beginning) => lower.startsWith(beginning)) || expressions.some((one) => one.test(key))
    );
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const text = decodeText(await readFile(path));
    if (text === undefined) throw new Error("not a text file");
    return text;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

function literal(path: string): string {
  return path.normalize("NFC").replace(/[\\*?[\]!#]/g, "\\$&");
}

function trimSlashes(path: string): string {
  return path.trim().replace(/^[\\/]+|[\\/]+$/g, "");
}
