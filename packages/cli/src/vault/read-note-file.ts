import { open } from "node:fs/promises";
import { dateInFileName } from "./dates.ts";
import { decodeText } from "./decode-text.ts";
import { readFrontMatter } from "./front-matter.ts";
import { completeNote, describeFailure, type SourceNote, type SourceProblem } from "./source-note.ts";
import { inlineTags, joinTags, maxTags } from "./tags.ts";

export const maxFileBytes = 5_000_000;

/** What came of one file: a note, problems, both, or neither when the file is a drawing or a page of our own. */
export interface NoteFile {
  note?: SourceNote;
  problems: SourceProblem[];
}

export interface NoteFileOptions {
  /**
   * Whether the file's own times say something about the note. They don't after a fresh clone or unpacking: then a
   * note that names no other date of change counts as last changed when it was created.
   */
  trustsFileTimes: boolean;
}

/** Reads one Markdown file; never throws for what the file is or holds. */
export async function readNoteFile(path: string, key: string, options: NoteFileOptions): Promise<NoteFile> {
  let content: { bytes: Buffer; times: FileTimes } | number;
  try {
    content = await readBounded(path);
  } catch (error) {
    return { problems: [hidden(key, describeFailure(error))] };
  }
  if (typeof content === "number") {
    const megabytes = (content / 1_000_000).toFixed(1);
    const message = `${megabytes} MB is more than the ${maxFileBytes / 1_000_000} MB of text a note may have. Split it.`;
    return { problems: [hidden(key, { code: "too-large", message })] };
  }
  if (isNothingButZeros(content.bytes)) {
    const message =
      "The file holds nothing but zeros, as one does that a cloud folder has not downloaded or a crash has damaged. " +
      "Download or restore it, then sync again.";
    return { problems: [hidden(key, { code: "not-downloaded", message })] };
  }
  const text = decodeText(content.bytes);
  if (text === undefined) {
    const message = "The file is not UTF-8 text. Save it as UTF-8, or list it in .noctuaryignore.";
    return { problems: [hidden(key, { code: "encoding", message })] };
  }
  return noteOf(key, text, content.times, options);
}

interface FileTimes {
  birthtimeMs: number;
  mtimeMs: number;
}

function noteOf(key: string, text: string, times: FileTimes, options: NoteFileOptions): NoteFile {
  const { fields, body, problems: found } = readFrontMatter(text);
  const problems = found.map((problem) => ({ ...problem, file: key, isUnknown: false, key }));
  if (fields.isDrawing || fields.noctuary === "cluster" || fields.noctuary === "index")
    return { problems: [] };
  const name = fileStem(key);
  const tags = joinTags(fields.tags, inlineTags(body));
  if (tags.length === maxTags) {
    const message = `The note has ${maxTags} tags or more; no more than that were kept. Remove some.`;
    problems.push({ file: key, key, line: 1, code: "too-many-tags", message, isUnknown: false });
  }
  // The date in a name says when a note was begun, never when it was changed.
  const createdAt = fields.createdAt ?? dateInFileName(name) ?? bornAt(times);
  const note = completeNote({
    key,
    title: fields.title ?? titleFromSlug(name, body) ?? name,
    body: body.replace(/^\n+/, ""),
    tags,
    createdAt,
    updatedAt: fields.updatedAt ?? (options.trustsFileTimes ? changedAt(times) : createdAt),
    aiExcluded: fields.aiExcluded,
  });
  return { note, problems };
}

/** `Ideas/2026-05-25 Walk.md` is called "2026-05-25 Walk". */
export function fileStem(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1).replace(/\.(?:md|markdown)$/i, "");
}

/** Names made for URLs (sqlite-json-agg.md) say less than the heading that the text opens with. */
function titleFromSlug(name: string, body: string): string | undefined {
  if (!/^[\p{L}\p{N}.]+(?:[-_][\p{L}\p{N}.]+)+$/u.test(name) || !/\p{L}/u.test(name)) return undefined;
  const heading = /^\s*#[ \t]+(\S.*)/.exec(body.slice(0, 1000))?.[1];
  return heading
    ?.replace(/\s+#*$/, "")
    .replace(/\s+/g, " ")
    .normalize("NFC")
    .slice(0, 500)
    .toWellFormed();
}

/** Some file systems know no birth time and give 0; a copied file is born after its last change. */
function bornAt({ birthtimeMs, mtimeMs }: FileTimes): Date {
  return changedAt({ birthtimeMs, mtimeMs: birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs });
}

/** Whole milliseconds, which is all that a Date and the database keep alike. */
function changedAt({ mtimeMs }: FileTimes): Date {
  return new Date(Math.max(0, Math.floor(mtimeMs)));
}

/** The bytes of a file, or only its size when that is over the limit. */
async function readBounded(path: string): Promise<{ bytes: Buffer; times: FileTimes } | number> {
  const handle = await open(path, "r");
  try {
    const { size, birthtimeMs, mtimeMs } = await handle.stat();
    if (size > maxFileBytes) return size;
    return { bytes: await handle.readFile(), times: { birthtimeMs, mtimeMs } };
  } finally {
    await handle.close();
  }
}

/** Without its NUL characters it would read as a note that somebody emptied. */
function isNothingButZeros(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.every((byte) => byte === 0);
}

function hidden(key: string, problem: { code: string; message: string }): SourceProblem {
  return { file: key, key, isUnknown: true, ...problem };
}
