import { createHash } from "node:crypto";

/** A note as a source holds it, before it has an id of ours. */
export interface SourceNote {
  /** The path relative to the folder, with forward slashes, in NFC; of a JSONL file the line's id. */
  key: string;
  /** Whose note it is, when the source says so; otherwise it belongs to whoever syncs. */
  userId?: string;
  title: string;
  /** Markdown without front matter; lines end in \n, no NUL, no lone surrogate. */
  body: string;
  /** Without the leading #, in order of appearance, each once whatever its case. */
  tags: string[];
  createdAt: Date;
  /** Never before `createdAt`. */
  updatedAt: Date;
  aiExcluded: boolean;
  /** Changes when anything a person can see of the note changes: title, body, tags, dates, exclusion. */
  contentHash: string;
  /** Of the body alone, so that a note is known again under another name. `blankTextHash` when there is no text. */
  textHash: string;
}

/** Something that could not be read as it stands. Never holds text of a note, only names, lines and codes. */
export interface SourceProblem {
  /** For a folder the path relative to it (a folder inside ends in /), for a JSONL file its own path. */
  file: string;
  /** Counted from 1. */
  line?: number;
  code: string;
  /** What is wrong and what to do about it. */
  message: string;
  /** The note may exist although it cannot be read now, so it must not be deleted. */
  isUnknown: boolean;
  /**
   * The note's key, or with a trailing slash the folder of all the keys, that the problem hides. Absent while
   * `isUnknown` holds, it may be any note of the source.
   */
  key?: string;
  userId?: string;
}

export type SourceItem = { note: SourceNote } | { problem: SourceProblem };

export type SourceErrorCode =
  | "source-missing"
  | "source-not-a-folder"
  | "source-not-a-file"
  | "source-not-notes"
  | "source-unreadable"
  | "source-encoding"
  | "ignore-file-unreadable";

/** The source as a whole cannot be read, so nothing may be concluded from it, least of all deletions. */
export class SourceError extends Error {
  override name = "SourceError";
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A note's fields as read, still without what follows from them. */
export type NoteFields = Omit<SourceNote, "contentHash" | "textHash">;

/** The note with its hashes; `updatedAt` is raised to `createdAt` where a source has them the wrong way round. */
export function completeNote(fields: NoteFields): SourceNote {
  const updatedAt = new Date(Math.max(fields.updatedAt.getTime(), fields.createdAt.getTime()));
  const { title, body, tags, createdAt, aiExcluded } = fields;
  const content = JSON.stringify([
    title,
    body,
    tags,
    createdAt.toISOString(),
    updatedAt.toISOString(),
    aiExcluded,
  ]);
  return { ...fields, updatedAt, contentHash: sha256(content), textHash: sha256(body.trim()) };
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

export const blankTextHash = sha256("");

/** What a failed file operation is called in a problem, and what a person can do about it. */
export function describeFailure(error: unknown): { code: string; message: string } {
  const code = errorCode(error);
  switch (code) {
    case "EACCES":
    case "EPERM":
      return {
        code: "permission-denied",
        message: "No permission to read it. Allow reading, then sync again.",
      };
    case "ENOENT":
      return { code: "vanished", message: "It was there a moment ago and is gone now. Sync again." };
    case "ELOOP":
      return {
        code: "link-loop",
        message: "A symbolic link that leads to itself. Remove or repair the link.",
      };
    default:
      return {
        code: "unreadable",
        message: `The system could not read it (${code}). If it lives in a cloud folder, download it, then sync again.`,
      };
  }
}

export function errorCode(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "unknown";
}
