import { normalise } from "@noctuary/core/embedding/check-vectors";
import { asLedger, asUser } from "@noctuary/db/access";
import { audit, raiseVersion, saveUserState } from "@noctuary/db/account/account";
import { vectorType } from "@noctuary/db/database";
import { type AppVectorColumn, appVectors, notesWithoutVectors } from "@noctuary/db/notes/app-vectors";
import { users } from "@noctuary/db/notes/note";
import { type NoteVersionRow, saveVectors } from "@noctuary/db/notes/note-embedding";
import { refusalOf } from "../attach/refusals.ts";
import { vectorSource } from "../attach/vector-source.ts";
import { EXIT, UsageError } from "../exit.ts";
import { embeddingModel } from "../overview.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export interface AdoptOptions extends GlobalOptions {
  model?: string;
  madeColumn?: string;
  query?: string;
}

export interface Adopted {
  adopted: number;
  /** Made before the note got its present text. */
  stale: number;
  /** Of other dimensions, zeros, or no numbers. */
  unusable: number;
  /** Notes of which the app has no vector either. */
  missing: number;
}

const PAGE = 1_000;

/** `noctuary adopt COLUMN --model M`: takes over the vectors that an attached app has, in place of paying for them again. */
export async function adopt(column: string, options: AdoptOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const { model, dimensions } = embeddingModel(session);
    if (options.model !== model)
      throw new UsageError(
        options.model === undefined
          ? `say which model made them, --model NAME: only vectors of ${model}, ${dimensions} dimensions, go with those of the nights`
          : `the nights embed with ${model}: vectors of ${options.model} cannot be compared with its own. Set embedder, embeddingModel and dimensions to what made them, or let the nights embed`,
      );
    const from = await vectorSourceOf(session, column, options);
    const progress = terminal.progress("adopting vectors");
    const sum: Adopted = { adopted: 0, stale: 0, unusable: 0, missing: 0 };
    for (let after = ""; ; ) {
      const page = await asLedger(session.db, (tx) => users(tx, PAGE, after));
      for (const userId of page) {
        if (options.user !== undefined && userId !== options.user) continue;
        await adoptUser(session, from, userId, sum);
        progress.say(`adopting vectors (${sum.adopted})`);
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!;
    }
    progress.stop();
    terminal.json({ model, dimensions, ...sum });
    terminal.line(
      `${count(sum.adopted, "vector")} of ${model} taken over; ${sum.missing} notes have none, ${sum.stale} were made of an earlier text, ${sum.unusable} are not of ${dimensions} dimensions or no numbers: the next night embeds those.`,
    );
    return EXIT.done;
  } finally {
    await session.close();
  }
}

async function vectorSourceOf(
  { db }: Session,
  vector: string,
  { madeColumn, query }: AdoptOptions,
): Promise<AppVectorColumn> {
  try {
    return await db.drizzle.transaction((tx) =>
      vectorSource(tx, { vector, madeAt: madeColumn ?? null, queryFile: query }),
    );
  } catch (error) {
    throw refusalOf(error);
  }
}

async function adoptUser(
  session: Session,
  from: AppVectorColumn,
  userId: string,
  sum: Adopted,
): Promise<void> {
  const { db } = session;
  const embedder = embeddingModel(session);
  const type = await vectorType(db);
  const before = sum.adopted;
  for (let afterId = ""; ; ) {
    const notes = await asUser(db, userId, (tx) =>
      notesWithoutVectors(tx, embedder, userId, { afterId, limit: PAGE }),
    );
    const vectors = await appVectors(
      db,
      from,
      userId,
      notes.map(({ id }) => id),
    );
    const byId = new Map(vectors.map((vector) => [vector.id, vector]));
    const taken: NoteVersionRow[] = [];
    const rows = new Float32Array(notes.length * embedder.dimensions);
    for (const note of notes) {
      const vector = byId.get(note.id);
      const row = rows.subarray(taken.length * embedder.dimensions, (taken.length + 1) * embedder.dimensions);
      if (vector === undefined) sum.missing += 1;
      else if (vector.madeAt !== null && Date.parse(vector.madeAt) < Date.parse(note.updatedAt))
        sum.stale += 1;
      else if (vector.values.length !== embedder.dimensions || !fill(row, vector.values)) sum.unusable += 1;
      else taken.push(note);
    }
    await asUser(db, userId, (tx) =>
      saveVectors(tx, type, embedder, userId, {
        notes: taken,
        vectors: rows.subarray(0, taken.length * embedder.dimensions),
      }),
    );
    sum.adopted += taken.length;
    if (notes.length < PAGE) break;
    afterId = notes.at(-1)!.id;
  }
  const counts = { adopted: sum.adopted - before };
  await asUser(db, userId, async (tx) => {
    // To the plan these notes are unchanged: it must know that they wait for a place, and a night under way begins again.
    if (counts.adopted > 0) {
      await raiseVersion(tx, userId);
      await saveUserState(tx, userId, { editsPending: true });
    }
    await audit(tx, { userId, actor: "adopt", action: "vectors adopted", counts });
  });
}

function fill(row: Float32Array, values: number[]): boolean {
  row.set(values);
  return normalise(row);
}
