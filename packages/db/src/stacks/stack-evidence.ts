import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import type { EmbeddingModel } from "../notes/note-changes.ts";
import { shownTitle } from "../notes/shown-title.ts";
import { textArray } from "../text-array.ts";
import { decodeVectorInto } from "../vector-codec.ts";

export interface DatedNote {
  id: string;
  title: string;
  createdAt: Date;
  updatedAt: Date;
  clusterId: string | null;
  loose: boolean;
}

const PAGE = 10_000;

/** A user's notes that may be shown, with where they lie, in the order of their ids. Texts stay in the database. */
export async function datedNotes(tx: UserTransaction, userId: string): Promise<DatedNote[]> {
  const notes: DatedNote[] = [];
  for (let afterId = ""; ; ) {
    const { rows } = await tx.execute<{
      id: string;
      title: string;
      created: number;
      updated: number;
      cluster_id: string | null;
      loose: boolean | null;
    }>(sql`
      select n.id, left(${shownTitle}, 200) as title, extract(epoch from n.created_at)::float8 * 1000 as created,
        extract(epoch from n.updated_at)::float8 * 1000 as updated, m.cluster_id, m.loose
      from note n left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
      where n.user_id = ${userId} and n.id > ${afterId} and n.deleted_at is null and not n.ai_excluded
      order by n.id limit ${PAGE}`);
    for (const row of rows) {
      notes.push({
        id: row.id,
        title: row.title,
        createdAt: new Date(row.created),
        updatedAt: new Date(row.updated),
        clusterId: row.cluster_id,
        loose: row.loose ?? false,
      });
    }
    if (rows.length < PAGE) return notes;
    afterId = notes.at(-1)!.id;
  }
}

export interface ReadNote {
  id: string;
  title: string;
  body: string;
}

const TEXTS_PER_READ = 1_000;
/** A note longer than this is read up to here: nobody keeps to-dos behind page fifty. */
const BODY_CHARACTERS = 100_000;

/** Texts of notes, a page at a time, so that never more than one page is in memory. Only notes that may be read. */
export async function* notesById(
  tx: UserTransaction,
  userId: string,
  ids: readonly string[],
): AsyncGenerator<ReadNote[]> {
  for (let i = 0; i < ids.length; i += TEXTS_PER_READ) {
    const { rows } = await tx.execute<{ id: string; title: string; body: string }>(sql`
      select n.id, n.title, left(n.body, ${BODY_CHARACTERS}) as body
      from unnest(${textArray(ids.slice(i, i + TEXTS_PER_READ))}) as asked(id)
      join note n on n.user_id = ${userId} and n.id = asked.id
      where n.deleted_at is null and not n.ai_excluded`);
    yield rows;
  }
}

/** Topics in which a note lies that may not be shown any more: their names may hold its words. */
export async function bereftTopics(tx: UserTransaction, userId: string): Promise<Set<string>> {
  const { rows } = await tx.execute<{ cluster_id: string }>(sql`
    select distinct m.cluster_id from cluster_membership m
    left join note n on n.user_id = m.user_id and n.id = m.note_id
    where m.user_id = ${userId} and (n.id is null or n.deleted_at is not null or n.ai_excluded)`);
  return new Set(rows.map(({ cluster_id }) => cluster_id));
}

export interface TopicChange {
  kind: "born" | "split" | "merged" | "returned";
  clusterId: string;
  /** Where it split from, what it merged into. */
  otherId: string | null;
}

/** What became of whole clusters since then, in the order in which it happened. */
export async function topicChanges(tx: UserTransaction, userId: string, since: Date): Promise<TopicChange[]> {
  const { rows } = await tx.execute<TopicChange & Record<string, unknown>>(sql`
    select kind, cluster_id as "clusterId", other_id as "otherId" from cluster_event
    where user_id = ${userId} and at >= ${since.toISOString()}::timestamptz
      and kind in ('born', 'split', 'merged', 'returned') order by at, id`);
  return rows;
}

export interface TopicVectors {
  noteIds: string[];
  /** Row-major, one row a note. */
  vectors: Float32Array;
}

/** Vectors of the notes of these topics that may be shown, topic by topic in the order asked for. */
export async function vectorsOfTopics(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  topicIds: readonly string[],
): Promise<TopicVectors[]> {
  const { rows } = await tx.execute<{ cluster_id: string; note_id: string; sent: Buffer }>(sql`
    select m.cluster_id, m.note_id, vector_send(e.vector) as sent
    from unnest(${textArray(topicIds)}) as asked(id)
    join cluster_membership m on m.user_id = ${userId} and m.cluster_id = asked.id
    join note n on n.user_id = ${userId} and n.id = m.note_id
    join note_embedding e on e.user_id = ${userId} and e.note_id = m.note_id and e.model = ${model}
      and e.dimensions = ${dimensions}
    where e.vector is not null and n.deleted_at is null and not n.ai_excluded
    order by m.note_id`);
  const byTopic = Map.groupBy(rows, (row) => row.cluster_id);
  return topicIds.map((id) => {
    const own = byTopic.get(id) ?? [];
    const vectors = new Float32Array(own.length * dimensions);
    own.forEach((row, i) => {
      decodeVectorInto(vectors, i, dimensions, row.sent);
    });
    return { noteIds: own.map((row) => row.note_id), vectors };
  });
}

/** Vectors of single notes, by id. */
export async function vectorsOfNotes(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  noteIds: readonly string[],
): Promise<Map<string, Float32Array>> {
  const { rows } = await tx.execute<{ note_id: string; sent: Buffer }>(sql`
    select e.note_id, vector_send(e.vector) as sent
    from unnest(${textArray(noteIds)}) as asked(id)
    join note_embedding e on e.user_id = ${userId} and e.note_id = asked.id and e.model = ${model}
      and e.dimensions = ${dimensions} where e.vector is not null`);
  return new Map(
    rows.map((row) => {
      const vector = new Float32Array(dimensions);
      decodeVectorInto(vector, 0, dimensions, row.sent);
      return [row.note_id, vector];
    }),
  );
}
