import { asUser } from "@noctuary/db/access";
import { addUsage, audit, raiseVersion } from "@noctuary/db/account/account";
import { vectorType } from "@noctuary/db/database";
import {
  type FailedNote,
  type NoteText,
  noteTexts,
  saveFailures,
  saveVectors,
  vectorsByHash,
} from "@noctuary/db/notes/note-embedding";
import type { Embedder } from "../embedding/embedder.ts";
import { PermanentError } from "../errors.ts";
import { limitsFor, type UserStep } from "../job.ts";
import { afterEmbed } from "./fan-in.ts";
import { EMBED, type EmbedPayload, embedPayload } from "./steps.ts";

/** Embeds a batch of one user's notes. A text that the user has a vector for already is not embedded again. */
export const embed: UserStep<EmbedPayload> = {
  slug: EMBED,
  queue: EMBED,
  limits: limitsFor(120, 10),
  payload: embedPayload,

  async work({ context, run, task, userId, payload, remainingMs }) {
    const { embedder, db } = context;
    const { texts, stored } = await asUser(db, userId, async (tx) => {
      const texts = await noteTexts(tx, userId, payload.noteIds);
      const hashes = payload.full === true ? [] : texts.map((note) => note.contentHash);
      return { texts, stored: await vectorsByHash(tx, embedder, userId, hashes) };
    });
    const { embeddable, failures } = refuseEmpty(texts);
    const missing = firstOfEachHash(embeddable.filter((note) => !stored.has(note.contentHash)));
    const fresh = await embedTexts(embedder, missing, remainingMs());
    const vectorOf = (hash: string) => fresh.byHash.get(hash) ?? stored.get(hash)!;
    const vectors = concatenate(
      embeddable.map((note) => vectorOf(note.contentHash)),
      embedder.dimensions,
    );

    return {
      async save(tx) {
        const type = await vectorType(db);
        await raiseVersion(tx, userId);
        await saveVectors(tx, type, embedder, userId, { notes: embeddable, vectors });
        await saveFailures(tx, embedder, userId, failures);
        const { requests, tokens, costUsd } = fresh;
        if (missing.length > 0) {
          const entry = { day: run.localDate, model: embedder.model, inputs: missing.length };
          await addUsage(tx, userId, { ...entry, requests, tokens, costUsd });
        }
        const counts = {
          embedded: missing.length,
          reused: embeddable.length - missing.length,
          failedNotes: failures.length,
        };
        await audit(tx, {
          userId,
          actor: EMBED,
          runId: run.id,
          taskId: task.id,
          action: "notes embedded",
          counts: { read: texts.length, ...counts },
        });
        return {
          ...counts,
          requests,
          tokens,
          ...(costUsd === null ? { unpricedRequests: requests } : { costUsd }),
        };
      },
    };
  },

  ended: (tx, run, task) => afterEmbed(tx, run.id, task.userId),
};

/** A note without a single character has nothing to embed; it is accounted for, and asked again when it changes. */
function refuseEmpty(texts: NoteText[]): { embeddable: NoteText[]; failures: FailedNote[] } {
  const isEmpty = (note: NoteText) => note.title.trim() === "" && note.body.trim() === "";
  return {
    embeddable: texts.filter((note) => !isEmpty(note)),
    failures: texts.filter(isEmpty).map(({ id, contentHash, updatedAt }) => ({
      id,
      contentHash,
      updatedAt,
      code: "empty_note",
    })),
  };
}

function firstOfEachHash(notes: NoteText[]): NoteText[] {
  return [...new Map(notes.map((note) => [note.contentHash, note])).values()];
}

async function embedTexts(embedder: Embedder, notes: NoteText[], timeLeftMs: number) {
  if (notes.length === 0) {
    return { byHash: new Map<string, Float32Array>(), requests: 0, tokens: 0, costUsd: 0 as number | null };
  }
  const signal = AbortSignal.timeout(Math.max(1_000, timeLeftMs - 10_000));
  const { vectors, ...spent } = await embedder.embed(
    notes.map((note) => `${note.title}\n\n${note.body}`),
    { signal },
  );
  const { dimensions } = embedder;
  if (vectors.length !== notes.length * dimensions || !vectors.every(Number.isFinite)) {
    throw new PermanentError(
      "wrong_vectors",
      "the embedder returned another number of vectors or values than asked",
    );
  }
  const byHash = new Map(
    notes.map((note, i) => [note.contentHash, vectors.subarray(i * dimensions, (i + 1) * dimensions)]),
  );
  return { byHash, ...spent };
}

function concatenate(rows: Float32Array[], dimensions: number): Float32Array {
  const matrix = new Float32Array(rows.length * dimensions);
  for (const [i, row] of rows.entries()) matrix.set(row, i * dimensions);
  return matrix;
}
