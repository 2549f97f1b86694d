import { type FolderListing, listFolder } from "./list-folder.ts";
import { type NoteFile, type NoteFileOptions, readNoteFile } from "./read-note-file.ts";
import type { SourceItem } from "./source-note.ts";

export interface ReadFolderOptions extends Partial<NoteFileOptions> {
  /** Called once for each file of the listing when it has been read, whatever came of it. */
  onFile?: (key: string) => void;
}

/** Disks answer several questions at once; more than this only holds more text in memory. */
const readAhead = 8;

/**
 * The notes of a listed folder in order of key, after the listing's own problems. A file's problems come before
 * its note; drawings and pages that `export` wrote yield nothing. At most eight files are in memory.
 */
export async function* readListing(
  listing: FolderListing,
  { onFile, trustsFileTimes = true }: ReadFolderOptions = {},
): AsyncGenerator<SourceItem> {
  for (const problem of listing.problems) yield { problem };
  const reading: { key: string; file: Promise<NoteFile> }[] = [];
  let next = 0;
  while (next < listing.files.length || reading.length > 0) {
    for (; reading.length < readAhead && next < listing.files.length; next++) {
      const { key, path } = listing.files[next]!;
      reading.push({ key, file: readNoteFile(path, key, { trustsFileTimes }) });
    }
    const { key, file } = reading.shift()!;
    const { note, problems } = await file;
    onFile?.(key);
    for (const problem of problems) yield { problem };
    if (note !== undefined) yield { note };
  }
}

/** `listFolder`, then `readListing`; throws SourceError as the former does. */
export async function* readFolder(root: string, options: ReadFolderOptions = {}): AsyncGenerator<SourceItem> {
  yield* readListing(await listFolder(root), options);
}
