import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { asUser } from "@noctuary/db/access";
import { vectorType } from "@noctuary/db/database";
import { relatedNotes } from "@noctuary/db/notes/note";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import { notesWithVectors, saveVectors, vectorsByHash, vectorsOf } from "@noctuary/db/notes/note-embedding";
import { expect, test } from "vitest";
import { groupedVectors } from "../clustering/synthetic-vectors.ts";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { putNotes } from "../support/notes.ts";

const userId = "u";
const database = emptiedDatabase();

async function store(vectors: Float32Array, dimensions: number): Promise<string[]> {
  const ids = Array.from({ length: vectors.length / dimensions }, (_, i) => `n${String(i).padStart(5, "0")}`);
  await putNotes(
    database,
    userId,
    ids.map((id) => ({ id, title: id, body: "" })),
  );
  const notes = ids.map((id) => ({ id, contentHash: `hash of ${id}`, updatedAt: "2026-10-01T12:00:00Z" }));
  const type = await vectorType(database.db);
  await asUser(database.db, userId, (tx) =>
    saveVectors(tx, type, { model: "m", dimensions }, userId, { notes, vectors }),
  );
  return ids;
}

function readAll(model: EmbeddingModel): Promise<{ noteIds: string[]; vectors: Float32Array }> {
  return asUser(database.db, userId, async (tx) => {
    const { noteIds } = await notesWithVectors(tx, model, userId, { withVanished: false });
    return { noteIds, vectors: await vectorsOf(tx, model, userId, noteIds) };
  });
}

/** A difference between thousands of numbers would take a reporter minutes to show. */
function areSameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer)) === 0;
}

test.each([64, 512, 1536, 3072])("vectors of %i dimensions come back bit by bit", async (dimensions) => {
  const { vectors } = groupedVectors({ count: 40, groups: 4, dimensions, spread: 1, seed: dimensions });
  vectors.set([0, -0, 1e-38, -3.4e38, 0.1], 0);
  const ids = await store(vectors, dimensions);
  const stored = await readAll({ model: "m", dimensions });
  expect(stored.noteIds).toEqual(ids);
  expect(areSameBits(stored.vectors, vectors)).toBe(true);
});

test("pgvector reads the numbers that were written in binary form", async () => {
  await store(Float32Array.of(1.5, -2, 0, 0.25), 2);
  const rows = await database.query(
    "select vector::text as text, dimensions, vector_dims(vector) as dims from noctuary.note_embedding order by note_id",
  );
  expect(rows).toEqual([
    { text: "[1.5,-2]", dimensions: 2, dims: 2 },
    { text: "[0,0.25]", dimensions: 2, dims: 2 },
  ]);
});

test("more vectors than one read takes come back in the order of their ids", async () => {
  const { vectors } = groupedVectors({ count: 4_500, groups: 5, dimensions: 8, spread: 1, seed: 3 });
  const ids = await store(vectors, 8);
  const stored = await readAll({ model: "m", dimensions: 8 });
  expect(stored.noteIds).toEqual(ids);
  expect(areSameBits(stored.vectors, vectors)).toBe(true);
});

test("a stored vector is found by the hash of its text", async () => {
  await store(Float32Array.of(1, 2, 3, 4), 2);
  const found = await asUser(database.db, userId, (tx) =>
    vectorsByHash(tx, { model: "m", dimensions: 2 }, userId, ["hash of n00001", "unknown"]),
  );
  expect(found).toEqual(new Map([["hash of n00001", Float32Array.of(3, 4)]]));
});

test("the neighbours that clustering finds are those of pgvector's exact search", async () => {
  const [count, dimensions, k] = [250, 128, 10];
  const { vectors } = groupedVectors({ count, groups: 6, dimensions, spread: 1.2, seed: 11 });
  const ids = await store(vectors, dimensions);
  const stored = await readAll({ model: "m", dimensions });
  const { neighbours, similarities } = nearestNeighbours(
    packRows({ vectors: stored.vectors, count, dimensions }),
    k,
  );
  for (let row = 0; row < count; row += 5) {
    const exact = await asUser(database.db, userId, (tx) =>
      relatedNotes(tx, { model: "m", dimensions }, userId, ids[row]!, { limit: k }),
    );
    const found = Array.from(neighbours.subarray(row * k, (row + 1) * k), (i) => ids[i]);
    expect(found).toEqual(exact.map((note) => note.id));
    for (const [i, note] of exact.entries()) {
      expect(similarities[row * k + i]).toBeCloseTo(note.similarity, 4);
    }
  }
});
