import type { FailedNote } from "@noctuary/db/notes/note-embedding";
import type { Purse } from "../budget/purse.ts";
import type { Embedder, Embeddings } from "../embedding/embedder.ts";
import { PermanentError } from "../errors.ts";
import type { NoteVersion, PageOfTexts, WaitingText } from "./texts-of-task.ts";

/** The texts of one call of the embedder. */
export interface PackedCall {
  texts: WaitingText[];
  isLast: boolean;
}

/**
 * Packs texts as they come into calls of the embedder. A call that is not full is held back until there is nothing more
 * to come: it is the last one.
 */
export async function* packCalls(
  embedder: Embedder,
  pages: AsyncIterable<PageOfTexts>,
  { signal, onPage }: { signal: AbortSignal; onPage: (page: PageOfTexts) => Promise<void> },
): AsyncGenerator<PackedCall> {
  let held: WaitingText[] = [];
  for await (const page of pages) {
    await onPage(page);
    if (page.texts.length === 0) continue;
    const texts = [...held, ...page.texts];
    const calls = await embedder.pack(
      texts.map(({ text }) => text),
      { signal },
    );
    const packed = calls.map((indexes) => indexes.map((i) => texts[i]!));
    held = packed.pop() ?? [];
    for (const texts of packed) yield { texts, isLast: false };
  }
  if (held.length > 0) yield { texts: held, isLast: true };
}

/** @throws {PermanentError} `wrong_vectors` when the answer is not what was asked for; it is never saved */
export async function embedTexts(
  embedder: Embedder,
  texts: WaitingText[],
  options: { signal: AbortSignal; purse: Purse },
): Promise<Embeddings> {
  const inputs = texts.map(({ text }) => text);
  const embeddings = await embedder.embed(inputs, options);
  const { vectors } = embeddings;
  if (vectors.length !== inputs.length * embedder.dimensions || !areFinite(vectors)) {
    throw new PermanentError(
      "wrong_vectors",
      "the embedder returned another number of vectors or values than asked",
    );
  }
  return embeddings;
}

function areFinite(values: Float32Array): boolean {
  // Zero, or NaN as soon as one value is not finite. A call of a function for each value takes ten times as long.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! * 0;
  return sum === 0;
}

/** What an answer means for the notes that hold its texts. Notes of texts without an answer are in neither list. */
export function sortByAnswer(
  texts: readonly (readonly NoteVersion[])[],
  { refused, unanswered }: Pick<Embeddings, "refused" | "unanswered">,
): { notes: NoteVersion[]; rows: number[]; failures: FailedNote[] } {
  const codeOf = new Map(refused.map(({ index, code }) => [index, code]));
  const isOpen = new Set(unanswered?.indexes);
  const notes: NoteVersion[] = [];
  const rows: number[] = [];
  const failures: FailedNote[] = [];
  for (const [row, own] of texts.entries()) {
    const code = codeOf.get(row);
    for (const note of own) {
      if (isOpen.has(row)) continue;
      if (code !== undefined) {
        failures.push({ ...note, code });
      } else {
        notes.push(note);
        rows.push(row);
      }
    }
  }
  return { notes, rows, failures };
}
