import type { Candidate } from "@noctuary/db/notes/note-changes";

export interface SortedCandidates {
  toEmbed: Candidate[];
  /** Looked at again, and the text is the one that is embedded (or refused) already. */
  seen: Candidate[];
  new: number;
  changed: number;
}

/** Tells notes whose text has to be embedded from notes that were merely touched. `full` embeds every one again. */
export function sortCandidates(candidates: readonly Candidate[], full: boolean): SortedCandidates {
  const sorted: SortedCandidates = { toEmbed: [], seen: [], new: 0, changed: 0 };
  for (const candidate of candidates) {
    const isKnown = candidate.embeddedHash !== null || candidate.failedHash !== null;
    const isSame =
      isKnown &&
      (candidate.contentHash === candidate.failedHash ||
        (candidate.contentHash === candidate.embeddedHash && candidate.failedHash === null));
    if (!isKnown) sorted.new += 1;
    else if (!isSame) sorted.changed += 1;
    if (isSame && !full) sorted.seen.push(candidate);
    else sorted.toEmbed.push(candidate);
  }
  return sorted;
}

/** Neighbouring notes, and what of them is to be embedded. */
export interface NoteRange {
  firstId: string;
  lastId: string;
  notes: number;
  bytes: number;
}

/**
 * Deals candidates, given by the order of their ids, out to ranges of at most so many notes and bytes of theirs; a note
 * over the limit has a range to itself. Begins by lengthening `open` where it is given: it is then the first range.
 */
export function dealOut(
  candidates: readonly Pick<Candidate, "noteId" | "bytes">[],
  { maxNotes, maxBytes }: { maxNotes: number; maxBytes: number },
  open?: NoteRange,
): NoteRange[] {
  const ranges = open === undefined ? [] : [open];
  for (const { noteId, bytes } of candidates) {
    const last = ranges.at(-1);
    if (last !== undefined && last.notes < maxNotes && last.bytes + bytes <= maxBytes) {
      const { firstId, notes } = last;
      ranges[ranges.length - 1] = { firstId, lastId: noteId, notes: notes + 1, bytes: last.bytes + bytes };
    } else {
      ranges.push({ firstId: noteId, lastId: noteId, notes: 1, bytes });
    }
  }
  return ranges;
}
