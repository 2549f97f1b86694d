import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import type { EmbeddingModel } from "../notes/note-changes.ts";
import { shownTitle } from "../notes/shown-title.ts";
import { textArray } from "../text-array.ts";

/** Seven local days, and the moments between which they lie. */
export interface WeekSpan {
  /** YYYY-MM-DD, in `timeZone`. */
  firstDay: string;
  lastDay: string;
  timeZone: string;
  /** The first moment of the first day. */
  from: Date;
  /** The first moment after the last day: 167, 168 or 169 hours later, where clocks change. */
  until: Date;
}

/**
 * A run of anything but white space is a word: counted in the database, so that bodies stay there. Each run of blanks
 * before a word is made two bytes long, and what the bytes are more than those of the words is halved: a third of the
 * time of regexp_count, on a body of 2 KB.
 */
const blanks = String.raw`replace(replace(replace(n.body, E'\n', ' '), E'\r', ' '), E'\t', ' ')`;
const starts = String.raw`replace(replace(rtrim(' ' || ${blanks}), ' ', E'\x01\x02'), E'\x02\x01', '')`;
const WORDS = sql.raw(`(octet_length(${starts}) - octet_length(replace(${blanks}, ' ', ''))) / 2`);
const isReadable = sql.raw("n.deleted_at is null and not n.ai_excluded");
const at = (moment: Date) => sql`${moment.toISOString()}::timestamptz`;
const localDay = (column: "created_at" | "updated_at", { timeZone }: WeekSpan) =>
  sql`(n.${sql.raw(column)} at time zone ${timeZone})::date::text`;

export interface WeekNote {
  id: string;
  title: string;
  /** Local days. */
  writtenOn: string;
  changedOn: string;
  words: number;
  themeId: string | null;
  /** Cosine similarity to its theme's centroid; null where it has no theme. */
  closeness: number | null;
  /** The theme that it would be in otherwise, and the share of its weight that lies in its own. */
  rivalId: string | null;
  confidence: number | null;
}

/** The notes that were written or changed in a week. A note that was written after it is none of them. */
export async function notesOfWeek(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  week: WeekSpan,
): Promise<WeekNote[]> {
  const { rows } = await tx.execute<WeekNote & Record<string, unknown>>(sql`
    select n.id, ${shownTitle} as title, ${localDay("created_at", week)} as "writtenOn",
      ${localDay("updated_at", week)} as "changedOn", ${WORDS} as words, c.id as "themeId",
      1 - (e.vector <=> c.centroid) as closeness, m.rival_id as "rivalId", m.confidence
    from note n
    left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
    left join cluster c on c.user_id = m.user_id and c.id = m.cluster_id and c.retired_at is null
    left join note_embedding e on e.user_id = n.user_id and e.note_id = n.id and e.model = ${model}
      and e.dimensions = ${dimensions}
    where n.user_id = ${userId} and ${isReadable} and n.created_at < ${at(week.until)}
      and (n.created_at >= ${at(week.from)} or (n.updated_at >= ${at(week.from)} and n.updated_at < ${at(week.until)}))
    order by n.id`);
  return rows;
}

export type EarlierNote = Pick<WeekNote, "id" | "writtenOn" | "words" | "themeId">;

/** The notes that were written in the `days` before a week. */
export async function notesBeforeWeek(
  tx: UserTransaction,
  userId: string,
  week: WeekSpan,
  days: number,
): Promise<EarlierNote[]> {
  const { rows } = await tx.execute<EarlierNote & Record<string, unknown>>(sql`
    select n.id, ${localDay("created_at", week)} as "writtenOn", ${WORDS} as words, m.cluster_id as "themeId"
    from note n left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
    where n.user_id = ${userId} and ${isReadable} and n.created_at < ${at(week.from)}
      and n.created_at >= (${week.firstDay}::date - ${days}::int)::timestamp at time zone ${week.timeZone}
    order by n.id`);
  return rows;
}

export interface ThemeBefore {
  id: string;
  name: string;
  /** Notes written before the week. */
  notesBefore: number;
  /** The day of the last of them. */
  lastBefore: string | null;
}

/** The user's living topics, with how many notes each held before a week and when the last of them was written. */
export async function themesBeforeWeek(
  tx: UserTransaction,
  userId: string,
  week: WeekSpan,
): Promise<ThemeBefore[]> {
  const { rows } = await tx.execute<ThemeBefore & Record<string, unknown>>(sql`
    select c.id, c.name, count(n.id)::int as "notesBefore",
      (max(n.created_at) at time zone ${week.timeZone})::date::text as "lastBefore"
    from cluster c
    left join cluster_membership m on m.user_id = c.user_id and m.cluster_id = c.id
    left join note n on n.user_id = m.user_id and n.id = m.note_id and ${isReadable} and n.created_at < ${at(week.from)}
    where c.user_id = ${userId} and c.level = 'topic' and c.retired_at is null
    group by c.id, c.name order by c.id`);
  return rows;
}

/** The local day of the user's first note; null where there is none. */
export async function firstDayOf(
  tx: UserTransaction,
  userId: string,
  week: WeekSpan,
): Promise<string | null> {
  const { rows } = await tx.execute<{ day: string | null }>(sql`
    select (min(n.created_at) at time zone ${week.timeZone})::date::text as day from note n
    where n.user_id = ${userId} and ${isReadable}`);
  return rows[0]!.day;
}

export interface NoteText {
  id: string;
  title: string;
  body: string;
  tags: string[];
}

/** Texts of notes that may be read, bodies cut at `bodyLimit` characters. */
export async function noteTexts(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
  bodyLimit: number,
): Promise<NoteText[]> {
  if (noteIds.length === 0) return [];
  const { rows } = await tx.execute<NoteText & Record<string, unknown>>(sql`
    select n.id, ${shownTitle} as title, left(n.body, ${bodyLimit}) as body, n.tags from note n
    where n.user_id = ${userId} and n.id = any(${textArray(noteIds)}) and ${isReadable} order by n.id`);
  return rows;
}

export interface NamedNote {
  id: string;
  title: string;
  /** The name by which it was asked for. */
  name: string;
  themeId: string | null;
  writtenOn: string;
}

/** The notes that go by these names: titles, or file names of synced notes, whatever their case. */
export async function notesNamed(
  tx: UserTransaction,
  userId: string,
  names: readonly string[],
  week: WeekSpan,
): Promise<NamedNote[]> {
  if (names.length === 0) return [];
  const { rows } = await tx.execute<NamedNote & Record<string, unknown>>(sql`
    with asked as materialized (select value as name from jsonb_array_elements_text(${JSON.stringify(names)}::jsonb)),
    found as (
      select n.id, a.name from note n join asked a on lower(n.title) = lower(a.name) where n.user_id = ${userId}
      union
      select s.note_id, a.name from source_note s
        join asked a on lower(regexp_replace(s.key, '^.*/|\\.(md|markdown)$', '', 'g')) = lower(a.name)
        where s.user_id = ${userId} and s.removed_at is null)
    select distinct on (f.name) n.id, ${shownTitle} as title, f.name, m.cluster_id as "themeId",
      ${localDay("created_at", week)} as "writtenOn"
    from found f join note n on n.user_id = ${userId} and n.id = f.id
    left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
    where ${isReadable} and n.created_at < ${at(week.until)} order by f.name, n.created_at, n.id`);
  return rows;
}

export interface OldNote {
  oldId: string;
  oldTitle: string;
  oldWrittenOn: string;
  /** Cosine similarity. */
  similarity: number;
}

/** The old notes nearest to one, of those written before a day, by exact search. */
export async function oldNotesLike(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  noteId: string,
  { before, week, limit }: { before: string; week: WeekSpan; limit: number },
): Promise<OldNote[]> {
  const { rows } = await tx.execute<OldNote & Record<string, unknown>>(sql`
    with asked as materialized (
      select vector from note_embedding where user_id = ${userId} and note_id = ${noteId} and model = ${model}
        and dimensions = ${dimensions} and vector is not null)
    select n.id as "oldId", ${shownTitle} as "oldTitle", ${localDay("created_at", week)} as "oldWrittenOn",
      1 - (e.vector <=> a.vector) as similarity
    from asked a cross join note_embedding e join note n on n.user_id = e.user_id and n.id = e.note_id
    where e.user_id = ${userId} and e.model = ${model} and e.dimensions = ${dimensions} and e.vector is not null
      and n.user_id = ${userId} and ${isReadable}
      and n.created_at < (${before}::date)::timestamp at time zone ${week.timeZone}
    order by e.vector <=> a.vector, n.id limit ${limit}`);
  return rows;
}
