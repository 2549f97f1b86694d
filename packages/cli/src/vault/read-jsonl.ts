import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { readDate } from "./dates.ts";
import { decodeText, plainLines } from "./decode-text.ts";
import { maxFileBytes } from "./read-note-file.ts";
import { completeNote, describeFailure, errorCode, SourceError, type SourceItem } from "./source-note.ts";
import { joinTags } from "./tags.ts";

/** A line may be a note of the longest text, escaped. */
const maxLineBytes = 2 * maxFileBytes;

const idSchema = z
  .union([z.string(), z.number().int()])
  .transform((id) => plainLines(String(id)).normalize("NFC").trim())
  .pipe(z.string().min(1).max(500));

const dateSchema = z.union([z.string(), z.number()]).transform((value, context) => {
  const date = readDate(value);
  if (date !== undefined) return date;
  context.addIssue({ code: "custom", message: "not a date such as 2026-05-25T14:30:00Z" });
  return z.NEVER;
});

const text = z.string().transform(plainLines);

/** One line. Other fields, `folder` among them, are passed over: where a note lay is not what it says. */
const lineSchema = z
  .object({
    id: idSchema,
    userId: idSchema.nullish(),
    title: text.nullish(),
    body: text.nullish(),
    tags: z.array(text).nullish(),
    createdAt: dateSchema.nullish(),
    updatedAt: dateSchema.nullish(),
    ai: z.boolean().nullish(),
    aiExcluded: z.boolean().nullish(),
  })
  .refine(({ createdAt, updatedAt }) => createdAt ?? updatedAt, {
    path: ["createdAt"],
    // The file's own time would be another one after every export, and the note seem changed each night.
    message: "missing, and so is updatedAt",
  });

const identitySchema = z.object({ id: idSchema, userId: idSchema.nullish() });

/**
 * The notes of a .jsonl or .jsonl.gz file, one JSON object a line, in order. Blank lines are passed over, and a line
 * that cannot be used is a problem with its number while the rest goes on. Of several lines with one id (of one
 * user) the first counts and the others are problems. Holds one line at a time, at most 10 MB, and all ids.
 *
 * Throws SourceError when there is no such file or it cannot be opened.
 */
export async function* readJsonl(path: string): AsyncGenerator<SourceItem> {
  await checkFile(path);
  const seen = new Map<string, number>();
  let line = 0;
  try {
    for await (const bytes of linesOf(path)) {
      line += 1;
      const item = readLine(bytes, path, line);
      if (item === undefined) continue;
      if ("note" in item) {
        const identity = JSON.stringify([item.note.userId ?? null, item.note.key]);
        const first = seen.get(identity);
        if (first !== undefined) {
          const message = `Line ${first} has the same id and counts; this one was passed over. Give each note its own id.`;
          yield {
            problem: {
              file: path,
              line,
              code: "duplicate-id",
              message,
              isUnknown: false,
              key: item.note.key,
            },
          };
          continue;
        }
        seen.set(identity, line);
      }
      yield item;
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    // Cut off in the middle, by a full disk or a broken archive: what follows is not known.
    const { message } = describeFailure(error);
    const code = errorCode(error).startsWith("Z_") ? "archive-damaged" : describeFailure(error).code;
    const advice =
      code === "archive-damaged" ? "The archive is damaged or cut short. Export it again." : message;
    yield {
      problem: {
        file: path,
        line: line + 1,
        code,
        message: `${advice} All lines before this were read.`,
        isUnknown: true,
      },
    };
  }
}

function readLine(bytes: Buffer | number, file: string, line: number): SourceItem | undefined {
  const broken = (
    code: string,
    message: string,
    about: { key?: string; userId?: string } = {},
  ): SourceItem => ({
    problem: { file, line, code, message, isUnknown: true, ...about },
  });
  if (typeof bytes === "number") {
    const limit = maxLineBytes / 1_000_000;
    return broken(
      "line-too-long",
      `The line has ${(bytes / 1_000_000).toFixed(1)} MB, more than ${limit}. Split the note.`,
    );
  }
  if (line === 1 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))) {
    throw new SourceError("source-encoding", `${file} is UTF-16. Save it as UTF-8.`);
  }
  const json = decodeText(bytes);
  if (json === undefined) return broken("encoding", "The line is not UTF-8 text. Export the file as UTF-8.");
  if (json.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return broken("json-broken", "The line is not JSON. Write one whole JSON object a line.");
  }
  if (Array.isArray(value)) {
    const message =
      "The line is a JSON array. Write each of its objects on a line of its own: `jq -c '.[]'` does.";
    return broken("line-invalid", message);
  }
  const parsed = lineSchema.safeParse(value);
  if (!parsed.success) {
    const { data: identity } = identitySchema.safeParse(value);
    const about = identity && { key: identity.id, ...(identity.userId && { userId: identity.userId }) };
    const faults = parsed.error.issues.map(({ path, message }) =>
      [path.join("."), message].filter(Boolean).join(": "),
    );
    return broken("line-invalid", `${faults.join("; ")}. Correct the line.`, about);
  }
  const { id, userId, title, body, tags, createdAt, updatedAt, ai, aiExcluded } = parsed.data;
  const fields = {
    key: id,
    title: (title ?? "").replace(/\s+/g, " ").trim().normalize("NFC"),
    body: body ?? "",
    tags: joinTags(tags ?? []),
    createdAt: (createdAt ?? updatedAt)!,
    updatedAt: (updatedAt ?? createdAt)!,
    aiExcluded: ai === false || aiExcluded === true,
  };
  return { note: completeNote(userId ? { ...fields, userId } : fields) };
}

/**
 * Each line's bytes, or only their number when there are too many: node:readline would hold a line of any length,
 * and decode before anyone could refuse it.
 */
async function* linesOf(path: string): AsyncGenerator<Buffer | number> {
  let parts: Buffer[] = [];
  let length = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length > maxLineBytes) parts = [];
    else parts.push(part);
  };
  const finish = () => {
    const line = length > maxLineBytes ? length : Buffer.concat(parts);
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of bytesOf(path)) {
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, at)) {
      take(chunk.subarray(at, end));
      yield finish();
      at = end + 1;
    }
    take(chunk.subarray(at));
  }
  if (length > 0) yield finish();
}

function bytesOf(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path);
  if (!/\.gz$/i.test(path)) return file;
  const unpacked = createGunzip();
  // An error of either stream ends the loop that reads; there is nothing else to do about it here.
  pipeline(file, unpacked, () => {});
  return unpacked;
}

async function checkFile(path: string): Promise<void> {
  let isFile: boolean;
  try {
    isFile = (await stat(path)).isFile();
  } catch (cause) {
    if (errorCode(cause) === "ENOENT" || errorCode(cause) === "ENOTDIR") {
      throw new SourceError("source-missing", `There is no file ${path}. Check the path.`, { cause });
    }
    throw new SourceError("source-unreadable", `${path}: ${describeFailure(cause).message}`, { cause });
  }
  if (!isFile)
    throw new SourceError("source-not-a-file", `${path} is not a file. Name a .jsonl or .jsonl.gz file.`);
}
