import type { Candidate } from "@noctuary/db/notes/note-changes";

export interface SortedCandidates {
  toEmbed: Candidate[];
  /** Looked at again, and the text is the one that is embedded (or refused) already. */
  seen: string[];
  new: number;
  changed: number;
}

/** Tells notes whose text has to be embedded from notes that were merely touched. `full` embeds every one again. */
export function sortCandidates(candidates: readonly Candidate[], full: boolean): SortedCandidates {
  const sorted: SortedCandidates = { toEmbed: [], seen: [], new: 0, changed: 0 };
  for (const candidate of candidates) {
    const isKnown = candidate.embeddedHash !== null || candidate.failedHash !== null;
    const isSame =
      candidate.contentHash === candidate.failedHash ||
      (candidate.contentHash === candidate.embeddedHash && candidate.failedHash === null);
    if (!isKnown) sorted.new += 1;
    else if (!isSame) sorted.changed += 1;
    if (isSame && !full) sorted.seen.push(candidate.noteId);
    else sorted.toEmbed.push(candidate);
  }
  return sorted;
}

/** Packs notes into batches of at most so many notes and bytes; a note over the limit has a batch to itself. */
export function packBatches(
  candidates: readonly Candidate[],
  { maxNotes, maxBytes }: { maxNotes: number; maxBytes: number },
): string[][] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const { noteId, bytes: noteBytes } of candidates) {
    const current = batches.at(-1);
    if (current === undefined || current.length === maxNotes || bytes + noteBytes > maxBytes) {
      batches.push([noteId]);
      bytes = noteBytes;
    } else {
      current.push(noteId);
      bytes += noteBytes;
    }
  }
  return batches;
}
