import type { UserTransaction } from "@noctuary/db/access";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import { type TopicVectors, vectorsOfNotes, vectorsOfTopics } from "@noctuary/db/stacks/stack-evidence";
import type { Account, AccountNote } from "../smart-stacks/account.ts";
import { closePairs, dot } from "../smart-stacks/close-pairs.ts";
import { type Echo, type Echoes, isOld, RESURFACE } from "../smart-stacks/detect-resurface.ts";
import { notesToCompare } from "../smart-stacks/notes-to-compare.ts";

const ECHOES_A_NOTE = 2;
/** Vectors of texts that are nearly the same are closer than this; whether they are, their texts tell. */
const ALIKE = 0.75;
const MOST_PAIRS = 400;
/** Vectors in memory at once. */
const NOTES_A_READ = 5_000;

export interface ComparedVectors {
  echoes: Omit<Echoes, "linked">;
  closePairs: [string, string][];
}

/** One pass over a user's vectors, a few topics at a time: which notes are nearly alike, and which old ones are close. */
export async function compareVectors(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  account: Account,
): Promise<ComparedVectors> {
  const notes = new Map(account.notes.map((note) => [note.id, note]));
  const queries = await queriesOf(tx, model, userId, account);
  const pairs: { a: string; b: string; similarity: number }[] = [];
  for (const topicIds of readsOf(account)) {
    for (const topic of await vectorsOfTopics(tx, model, userId, topicIds)) {
      for (const { a, b, similarity } of closePairs(topic.vectors, model.dimensions, {
        leastSimilarity: ALIKE,
      })) {
        pairs.push({ a: topic.noteIds[a]!, b: topic.noteIds[b]!, similarity });
      }
      const rows = topic.noteIds.map((id) => notes.get(id));
      for (const query of queries) query.look(topic, model.dimensions, rows);
    }
  }
  pairs.sort((x, y) => y.similarity - x.similarity || (x.a < y.a ? -1 : x.a > y.a ? 1 : x.b < y.b ? -1 : 1));
  return {
    echoes: {
      found: queries.filter((query) => query.isNew).flatMap((query) => query.closest),
      usual: queries.flatMap((query) =>
        query.isNew || query.closest.length === 0 ? [] : [query.closest[0]!.similarity],
      ),
    },
    closePairs: pairs.slice(0, MOST_PAIRS).map(({ a, b }) => [a, b]),
  };
}

/** Topics in batches of so many notes. */
function readsOf({ topics, notes }: Account): string[][] {
  const sizes = new Map<string, number>();
  for (const { topicId } of notes) if (topicId !== null) sizes.set(topicId, (sizes.get(topicId) ?? 0) + 1);
  const reads: string[][] = [];
  let room = 0;
  for (const { id } of topics) {
    const size = sizes.get(id) ?? 0;
    if (size === 0) continue;
    if (room < size) {
      reads.push([]);
      room = NOTES_A_READ;
    }
    reads.at(-1)!.push(id);
    room -= size;
  }
  return reads;
}

/** One note, and the notes closest to it that were old when it was written. */
class Query {
  readonly closest: Echo[] = [];
  readonly isNew: boolean;
  readonly #note: AccountNote;
  readonly #vector: Float32Array;
  constructor(note: AccountNote, isNew: boolean, vector: Float32Array) {
    this.#note = note;
    this.isNew = isNew;
    this.#vector = vector;
  }

  /** `notes` are those of the topic's rows, in their order; undefined for one that is not known. */
  look(topic: TopicVectors, dimensions: number, notes: readonly (AccountNote | undefined)[]): void {
    const { writtenOn, id: newId } = this.#note;
    const vector = this.#vector;
    for (let row = 0; row < notes.length; row++) {
      const old = notes[row];
      if (old === undefined || old.writtenOn >= writtenOn - RESURFACE.oldDays) continue;
      if (this.isNew && !isOld(old, writtenOn)) continue;
      const similarity = dot(vector, 0, topic.vectors, row * dimensions, dimensions);
      // Nearly all of them are farther than what was found before.
      if (this.closest.length < ECHOES_A_NOTE || similarity >= this.closest.at(-1)!.similarity)
        this.keep({ newId, oldId: old.id, similarity });
    }
  }

  private keep(echo: Echo): void {
    this.closest.push(echo);
    this.closest.sort((a, b) => b.similarity - a.similarity || (a.oldId < b.oldId ? -1 : 1));
    if (this.closest.length > ECHOES_A_NOTE) this.closest.pop();
  }
}

async function queriesOf(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  account: Account,
): Promise<Query[]> {
  const { thisWeek, before } = notesToCompare(account);
  const vectors = await vectorsOfNotes(
    tx,
    model,
    userId,
    [...thisWeek, ...before].map(({ id }) => id),
  );
  const query = (isNew: boolean) => (note: AccountNote) => {
    const vector = vectors.get(note.id);
    return vector === undefined ? [] : [new Query(note, isNew, vector)];
  };
  return [...thisWeek.flatMap(query(true)), ...before.flatMap(query(false))];
}
