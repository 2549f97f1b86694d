import type { FailedNote, NoteText } from "@noctuary/db/notes/note-embedding";
import type { Embedder } from "../embedding/embedder.ts";
import { PermanentError } from "../errors.ts";

/** Notes whose texts go to the embedder together; notes of one text stand for one input. */
export interface TextCall {
  /** One note of each text. */
  inputs: NoteText[];
  notesOf: Map<string, NoteText[]>;
}

/** What is to be saved of some notes. */
export interface EmbeddedTexts {
  notes: NoteText[];
  vectorOf: (contentHash: string) => Float32Array;
  failures: FailedNote[];
  counts: Record<string, number>;
  usage: { inputs: number; requests: number; tokens: number; costUsd: number | null } | null;
}

/** Packs notes into calls, each text once. */
export async function wholeNoteCalls(
  embedder: Embedder,
  notes: NoteText[],
  signal: AbortSignal,
): Promise<TextCall[]> {
  const notesOf = Map.groupBy(notes, (note) => note.contentHash);
  const inputs = [...notesOf.values()].map(([first]) => first!);
  const calls = await embedder.pack(inputs.map(textOf), { signal });
  return calls.map((indexes) => ({ inputs: indexes.map((i) => inputs[i]!), notesOf }));
}

/** @throws {PermanentError} `wrong_vectors` when the answer is not what was asked for; it is never saved */
export async function embedCall(
  embedder: Embedder,
  { inputs, notesOf }: TextCall,
  signal: AbortSignal,
): Promise<EmbeddedTexts> {
  const { dimensions } = embedder;
  const { vectors, refused, requests, tokens, costUsd } = await embedder.embed(inputs.map(textOf), {
    signal,
  });
  if (vectors.length !== inputs.length * dimensions || !vectors.every(Number.isFinite)) {
    throw new PermanentError(
      "wrong_vectors",
      "the embedder returned another number of vectors or values than asked",
    );
  }
  const codeOf = new Map(refused.map(({ index, code }) => [inputs[index]!.contentHash, code]));
  const rowOf = new Map(inputs.map((note, row) => [note.contentHash, row]));
  const all = inputs.flatMap((note) => notesOf.get(note.contentHash)!);
  const notes = all.filter((note) => !codeOf.has(note.contentHash));
  const embedded = inputs.length - refused.length;
  return {
    notes,
    vectorOf: (hash) => vectors.subarray(rowOf.get(hash)! * dimensions, (rowOf.get(hash)! + 1) * dimensions),
    failures: all
      .filter((note) => codeOf.has(note.contentHash))
      .map(({ id, contentHash, updatedAt }) => ({
        id,
        contentHash,
        updatedAt,
        code: codeOf.get(contentHash)!,
      })),
    counts: {
      embedded,
      reused: notes.length - embedded,
      requests,
      tokens,
      ...(costUsd === null ? { unpricedRequests: requests } : { costUsd }),
    },
    usage: { inputs: inputs.length, requests, tokens, costUsd },
  };
}

function textOf({ title, body }: NoteText): string {
  return `${title}\n\n${body}`;
}
