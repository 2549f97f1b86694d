import { asUser, type UserTransaction } from "@noctuary/db/access";
import {
  dropKeptNeighbours,
  type KeptChunk,
  type KeptHeader,
  keptChunks,
  keptHeader,
  saveKeptNeighbours,
} from "@noctuary/db/clusters/kept-neighbours";
import { type NotesWithVectors, vectorsOf } from "@noctuary/db/notes/note-embedding";
import { decodeNotes, KEPT_VERSION, keptParts } from "../clustering/kept-state.ts";
import { noteKey } from "../clustering/note-key.ts";
import { emptyRows, type PackedRows } from "../clustering/packed-rows.ts";
import type { Partition, PreviousPartition } from "../clustering/partition.ts";
import type { Context } from "../context.ts";
import { clusterOnThread } from "./computing-thread.ts";

export interface GroupedNotes {
  partition: Partition;
  /** A row a note if that was asked for, else none. */
  rows: PackedRows;
  /** Writes what the next night can go on from, and drops what it cannot. */
  keep(tx: UserTransaction): Promise<void>;
}

interface Kept {
  header: KeptHeader;
  chunks: KeptChunk[];
}

/**
 * Groups a user's notes from what the last night kept of their neighbours and the vectors it does not know; where
 * that is missing, damaged or of another model, from all vectors. The result is the same, to the bit.
 */
export async function groupNotes(
  context: Context,
  userId: string,
  {
    notes,
    previous,
    wantsRows,
    signal,
  }: {
    notes: NotesWithVectors;
    previous: PreviousPartition;
    wantsRows: boolean;
    signal?: AbortSignal;
  },
): Promise<GroupedNotes> {
  const { noteIds, embeddedAt } = notes;
  const { model, dimensions } = context.embedder;
  const noteKeys = BigUint64Array.from(noteIds, (id, i) => noteKey(id, embeddedAt[i]!));
  const { kept, hadAny, vectors } = await asUser(context.db, userId, async (tx) => {
    const header = await keptHeader(tx, userId);
    const known = header && (await keptFor(tx, userId, header, context));
    const unknown =
      known === undefined ? noteIds : noteIds.filter((_, note) => !known.slotOf.has(noteKeys[note]!));
    // With most notes unknown there is little to go on from.
    const worthReading = known !== undefined && unknown.length < noteIds.length / 2;
    return {
      hadAny: header !== undefined,
      kept: worthReading
        ? { header: header!, chunks: [...known.notes, ...(await theRest(tx, userId))] }
        : undefined,
      vectors: await vectorsOf(tx, context.embedder, userId, worthReading ? unknown : noteIds),
    };
  });
  const cluster = (vectors: Float32Array, kept?: Kept) =>
    clusterOnThread(
      {
        ...{
          dimensions,
          noteKeys,
          previous,
          vectors,
          wantsRows,
          keepFrom: context.limits.keepNeighboursFrom,
        },
        ...(kept && { kept }),
      },
      signal,
    );
  let clustered = await cluster(vectors, kept);
  if (clustered === undefined) {
    context.logger.warn("kept neighbours are damaged and made again", { userId });
    clustered = await cluster(
      await asUser(context.db, userId, (tx) => vectorsOf(tx, context.embedder, userId, noteIds)),
    );
  }
  const { partition, rows, keep } = clustered!;
  return {
    partition,
    rows: rows ?? emptyRows(0, dimensions),
    async keep(tx) {
      if (keep !== undefined) {
        const header = { model, dimensions, version: KEPT_VERSION, ...keep.header };
        await saveKeptNeighbours(tx, userId, header, keep);
      } else if (hadAny) {
        await dropKeptNeighbours(tx, userId);
      }
    },
  };
}

/** Which notes the last night knew, where it left anything that tonight can go on from. */
async function keptFor(tx: UserTransaction, userId: string, header: KeptHeader, { embedder }: Context) {
  const fits =
    header.version === KEPT_VERSION &&
    header.model === embedder.model &&
    header.dimensions === embedder.dimensions;
  if (!fits) return undefined;
  const notes = await keptChunks(tx, userId, "notes");
  const slotOf = decodeNotes(notes);
  return slotOf && { notes, slotOf };
}

async function theRest(tx: UserTransaction, userId: string): Promise<KeptChunk[]> {
  const chunks: KeptChunk[] = [];
  for (const part of keptParts) if (part !== "notes") chunks.push(...(await keptChunks(tx, userId, part)));
  return chunks;
}
