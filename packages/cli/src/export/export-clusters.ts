import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../vault/source-note.ts";
import type { ClusterPage, IndexStack } from "./cluster-page.ts";
import { readPageMark } from "./page-file.ts";
import { foldName } from "./page-names.ts";
import { type OwnPage, type PagePlan, type PlannedPage, planPages } from "./plan-pages.ts";

export type ExportErrorCode = "not-a-folder" | "not-writable";

export class ExportError extends Error {
  override name = "ExportError";
  readonly code: ExportErrorCode;

  constructor(code: ExportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** File names in the folder. */
export interface ExportResult {
  /** Pages with new contents or a new name. */
  written: string[];
  unchanged: string[];
  /** Pages of ours that somebody changed: neither rewritten, renamed nor removed. */
  leftAlone: string[];
  /** Pages of clusters that are no more. */
  removed: string[];
}

/**
 * Writes one Markdown page a cluster into a folder, and an index page that leads to them; makes the folder if need be.
 *
 * Only pages that an export wrote and nobody changed since (each carries a hash of itself) are rewritten, renamed
 * with their cluster, or removed when it is gone; any other file stays as it is, and a page that would need its name
 * gets another. A page that the user renamed keeps that name. Running it again with the same clusters writes nothing.
 * A page is replaced in one step, so a crash leaves the old or the new one.
 *
 * Throws ExportError when `dir` is a file or cannot be written to.
 */
export async function exportPages(
  dir: string,
  pages: ClusterPage[],
  stacks: readonly IndexStack[] = [],
  week?: string,
): Promise<ExportResult> {
  try {
    const { own, others } = await readPages(dir);
    return await writePages(dir, planPages(own, others, pages, stacks, week));
  } catch (cause) {
    if (cause instanceof ExportError) throw cause;
    const code = errorCode(cause);
    if (!["EACCES", "EPERM", "EROFS", "ENOSPC", "EDQUOT", "EIO", "ENAMETOOLONG"].includes(code)) throw cause;
    const message = `Cannot write to ${dir} (${code}). Choose a folder that you may write to, with room left.`;
    throw new ExportError("not-writable", message, { cause });
  }
}

interface Folder {
  own: OwnPage[];
  /** Names of all other entries. */
  others: string[];
}

/** Larger files are no pages of ours. */
const maxPageBytes = 20_000_000;

async function readPages(dir: string): Promise<Folder> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    if (errorCode(cause) !== "EEXIST" && errorCode(cause) !== "ENOTDIR") throw cause;
    throw new ExportError("not-a-folder", `${dir} is a file or lies in one. Name a folder for the pages.`, {
      cause,
    });
  }
  const folder: Folder = { own: [], others: [] };
  for (const file of (await readdir(dir)).sort()) {
    const text = /\.md$/i.test(file) ? await readPage(join(dir, file)) : undefined;
    const mark = text === undefined ? undefined : readPageMark(text);
    if (text === undefined || mark === undefined) folder.others.push(file);
    else folder.own.push({ ...mark, file, text });
  }
  return folder;
}

async function readPage(path: string): Promise<string | undefined> {
  const entry = await lstat(path);
  if (!entry.isFile() || entry.size > maxPageBytes) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // What cannot be read is not known to be ours.
    if (errorCode(error) === "EACCES" || errorCode(error) === "EPERM") return undefined;
    throw error;
  }
}

async function writePages(dir: string, plan: PagePlan): Promise<ExportResult> {
  const result: ExportResult = {
    written: [],
    unchanged: [],
    leftAlone: plan.leave.map(({ file }) => file),
    removed: plan.remove.map(({ file }) => file),
  };
  // Names are freed before any is taken, since two clusters may have swapped theirs.
  const renamed = plan.pages.flatMap(({ file, current }) =>
    current !== undefined && foldName(current.file) !== foldName(file) ? [current] : [],
  );
  for (const { file } of [...plan.remove, ...renamed]) await rm(join(dir, file));
  for (const page of plan.pages) result[await writePage(dir, page)].push(page.file);
  return result;
}

async function writePage(dir: string, { file, text, current }: PlannedPage): Promise<keyof ExportResult> {
  const path = join(dir, file);
  if (current !== undefined && !current.isUntouched) return "leftAlone";
  if (current?.file === file && current.text === text) return "unchanged";
  if (current !== undefined && foldName(current.file) === foldName(file)) {
    if (current.file !== file) await rename(join(dir, current.file), path);
    await replaceFile(path, text);
    return "written";
  }
  try {
    // Whatever came to have this name since the folder was read is not ours to overwrite.
    await writeFile(path, text, { flag: "wx" });
    return "written";
  } catch (error) {
    if (errorCode(error) === "EEXIST") return "leftAlone";
    throw error;
  }
}

/** By way of a second file: a crash in the middle leaves the old page whole. */
async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = join(path, "..", `.noctuary-${randomUUID()}.tmp`);
  try {
    await writeFile(temporary, text, { flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
