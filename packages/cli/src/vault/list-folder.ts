import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Ignore } from "ignore";
import { type ExcludedPaths, excludedPaths, ignoreRules } from "./excluded-paths.ts";
import { describeFailure, errorCode, SourceError, type SourceProblem } from "./source-note.ts";

export interface ListedFile {
  /** As in `SourceNote.key`. */
  key: string;
  path: string;
}

/** What a folder holds, by name alone: nothing has been opened yet, so it is known early how much there is. */
export interface FolderListing {
  /** The folder's real path. */
  root: string;
  /** In order of key, each key and each real file once. */
  files: ListedFile[];
  /** Keys of what settings and ignore files leave out; a folder, which ends in /, stands for all in it. */
  excluded: string[];
  problems: SourceProblem[];
}

/**
 * All Markdown files under a folder that are notes by their name and place.
 *
 * Symbolic links are followed, but every real folder and file counts once, under its own path if that lies in the
 * folder, and a link to a folder that holds this one is passed over: loops end. Folders that cannot be read are
 * problems. Throws SourceError when the folder itself is missing, no folder or unreadable, or has an ignore file
 * that cannot be read; an empty folder is no error.
 */
export async function listFolder(folder: string): Promise<FolderListing> {
  const root = await realFolder(folder);
  const excluded = await excludedPaths(root);
  const walk: Walk = {
    root,
    excludedPaths: excluded,
    listing: { root, files: [], excluded: [], problems: [...excluded.problems] },
    seen: new Set(),
    links: [],
  };
  await walkFolder(walk, { path: root, realPath: root, name: "", rules: [] });
  // Links last, so that what a link leads to is first found under its own name.
  for (let next = walk.links.shift(); next !== undefined; next = walk.links.shift())
    await followLink(walk, next);
  const { listing } = walk;
  listing.files = withUniqueKeys(listing.files);
  return listing;
}

interface Walk {
  root: string;
  excludedPaths: ExcludedPaths;
  listing: FolderListing;
  /** Real paths of the folders that were walked, and of the files outside of the root that were found. */
  seen: Set<string>;
  links: Place[];
}

/** `name` is the path under the root as the disk spells it, with forward slashes. */
interface Place {
  path: string;
  /** The same without links; of a link itself, not yet known. */
  realPath: string;
  name: string;
  rules: { base: string; rules: Ignore }[];
}

async function walkFolder(walk: Walk, place: Place): Promise<void> {
  let entries: Dirent[];
  let rules = place.rules;
  if (walk.seen.has(place.realPath)) return;
  walk.seen.add(place.realPath);
  try {
    entries = await readdir(place.path, { withFileTypes: true });
    const own = await ignoreRules(place.path);
    if (own !== undefined) rules = [...rules, { base: keyOf(place.name), rules: own }];
  } catch (error) {
    if (place.name === "") throw unreadableRoot(place.path, error);
    const failure =
      error instanceof SourceError ? { code: error.code, message: error.message } : describeFailure(error);
    walk.listing.problems.push(hiddenFolder(keyOf(place.name), failure));
    return;
  }
  // Ordered by name, so that which of two links to one file counts is the same on every machine.
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    const name = place.name === "" ? entry.name : `${place.name}/${entry.name}`;
    const path = join(place.path, entry.name);
    await visit(walk, { path, realPath: join(place.realPath, entry.name), name, rules }, entry);
  }
}

async function visit(walk: Walk, place: Place, entry: Dirent): Promise<void> {
  const fileName = entry.name;
  const placeholder = /^\.(.+\.(?:md|markdown))\.icloud$/i.exec(fileName);
  if (placeholder !== null) {
    const key = keyOf(place.name.slice(0, place.name.length - fileName.length) + placeholder[1]!);
    const message = "iCloud has not downloaded it. Download it in the Finder, then sync again.";
    walk.listing.problems.push({ file: key, key, code: "not-downloaded", message, isUnknown: true });
    return;
  }
  if (fileName.startsWith(".")) return;
  if (entry.isSymbolicLink()) {
    walk.links.push(place);
  } else if (entry.isDirectory()) {
    await enterFolder(walk, place);
  } else if (isMarkdown(fileName)) {
    if (entry.isFile()) addFile(walk, place);
    // Some network file systems do not say what an entry is.
    else if ((await stat(place.path).catch(() => undefined))?.isFile()) addFile(walk, place);
  }
}

async function enterFolder(walk: Walk, place: Place): Promise<void> {
  if (isLeftOut(walk, place, `${keyOf(place.name)}/`)) return;
  await walkFolder(walk, place);
}

function addFile(walk: Walk, place: Place): void {
  if (isLeftOut(walk, place, keyOf(place.name))) return;
  if (!isWithin(place.realPath, walk.root)) {
    if (walk.seen.has(place.realPath)) return;
    walk.seen.add(place.realPath);
  }
  walk.listing.files.push({ key: place.name, path: place.path });
}

async function followLink(walk: Walk, place: Place): Promise<void> {
  const key = keyOf(place.name);
  if (isExcluded(walk, place, key) || isExcluded(walk, place, `${key}/`)) return;
  try {
    const realPath = await realpath(place.path);
    // What lies inside the folder was found under its own name, or left out under it.
    if (isWithin(realPath, walk.root) || isWithin(walk.root, realPath)) return;
    const target = await stat(realPath);
    if (target.isDirectory()) await walkFolder(walk, { ...place, realPath });
    else if (target.isFile() && isMarkdown(place.name)) addFile(walk, { ...place, realPath });
  } catch (error) {
    const code = errorCode(error);
    // A link that never worked is no note; one whose disk is not mounted looks the same, so nothing is deleted.
    const failure =
      code === "ENOENT"
        ? {
            code: "link-broken",
            message: "The link leads nowhere. Mount what it points to, or remove the link.",
          }
        : describeFailure(error);
    walk.listing.problems.push(
      isMarkdown(place.name) ? { file: key, key, isUnknown: true, ...failure } : hiddenFolder(key, failure),
    );
  }
}

function isLeftOut(walk: Walk, place: Place, key: string): boolean {
  if (!isExcluded(walk, place, key)) return false;
  walk.listing.excluded.push(key);
  return true;
}

/** The ignore file closest to a path has the last word, as in git. */
function isExcluded(walk: Walk, place: Place, key: string): boolean {
  if (walk.excludedPaths.isExcluded(key)) return true;
  for (const { base, rules } of place.rules.toReversed()) {
    const verdict = rules.test(base === "" ? key : key.slice(base.length + 1));
    if (verdict.ignored) return true;
    if (verdict.unignored) return false;
  }
  return false;
}

/**
 * Keys are in NFC, so that a vault synced between a Mac and Linux keeps its notes. Where a disk holds both spellings
 * of one name, the second keeps its own as the key: two notes are two notes.
 */
function withUniqueKeys(files: ListedFile[]): ListedFile[] {
  const taken = new Set(files.filter(({ key }) => key === key.normalize("NFC")).map(({ key }) => key));
  const keyed = files.map((file) => {
    const key = file.key.normalize("NFC");
    if (key === file.key || taken.has(key)) return file;
    taken.add(key);
    return { ...file, key };
  });
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function realFolder(folder: string): Promise<string> {
  let root: string;
  let isFolder: boolean;
  try {
    root = await realpath(folder);
    isFolder = (await stat(root)).isDirectory();
  } catch (cause) {
    if (errorCode(cause) !== "ENOENT" && errorCode(cause) !== "ENOTDIR") throw unreadableRoot(folder, cause);
    const message = `There is no folder ${folder}. Check the path, or mount the disk it is on.`;
    throw new SourceError("source-missing", message, { cause });
  }
  if (!isFolder) {
    throw new SourceError(
      "source-not-a-folder",
      `${folder} is not a folder. Name the folder that holds the notes.`,
    );
  }
  return root;
}

function unreadableRoot(path: string, cause: unknown): SourceError {
  if (cause instanceof SourceError) return cause;
  const { message } = describeFailure(cause);
  return new SourceError("source-unreadable", `The folder ${path}: ${message}`, { cause });
}

function hiddenFolder(key: string, failure: { code: string; message: string }): SourceProblem {
  return { file: `${key}/`, key: `${key}/`, isUnknown: true, ...failure };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function isMarkdown(name: string): boolean {
  return /\.(?:md|markdown)$/i.test(name);
}

function keyOf(name: string): string {
  return name.normalize("NFC");
}
