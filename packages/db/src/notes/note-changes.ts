import { type SQL, sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";

/** The embedding that a run works for. Rows of other models stay untouched beside it. */
export interface EmbeddingModel {
  model: string;
  dimensions: number;
}

/** What one page of a user's notes holds. Only counts and ids: no title and no body leaves the database. */
export interface NotePage {
  /** The last id of the page; null when there was no note after the cursor. */
  lastId: string | null;
  /** Notes on the page, deleted ones too: fewer than asked for on the last one. */
  rows: number;
  live: number;
  excluded: number;
  /** Notes that must be looked at: without a row, or with another `updated_at` than last time. */
  candidates: number;
}

/** Reads one keyset page from the index alone. `everything` makes each living note a candidate. */
export async function notePage(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  {
    userId,
    afterId,
    limit,
    everything,
  }: { userId: string; afterId: string; limit: number; everything: boolean },
): Promise<NotePage> {
  const { rows } = await tx.execute<{
    last_id: string | null;
    rows: number;
    live: number;
    excluded: number;
    candidates: number;
  }>(sql`
    with page as materialized (
      select id, updated_at, deleted_at is null as present, ai_excluded from note
      where user_id = ${userId} and id > ${afterId} order by id limit ${limit})
    select max(p.id) as last_id, count(*)::int as rows,
      (count(*) filter (where present and not ai_excluded))::int as live,
      (count(*) filter (where present and ai_excluded))::int as excluded,
      (count(*) filter (where present and not ai_excluded
        and (${everything} or e.seen_updated_at is distinct from p.updated_at)))::int as candidates
    from page p left join note_embedding e
      on e.user_id = ${userId} and e.note_id = p.id and e.model = ${model} and e.dimensions = ${dimensions}`);
  const row = rows[0]!;
  return {
    lastId: row.last_id,
    rows: row.rows,
    live: row.live,
    excluded: row.excluded,
    candidates: row.candidates,
  };
}

export interface Candidate {
  noteId: string;
  /** As PostgreSQL prints it: a JavaScript date would lose its microseconds. */
  updatedAt: string;
  /** Bytes of title and body. */
  bytes: number;
  /** Null where nobody asked for it: of a note that nothing is known of yet. */
  contentHash: string | null;
  /** The hash that its stored vector belongs to. */
  embeddedHash: string | null;
  /** The hash that last failed for good. */
  failedHash: string | null;
}

/** The candidates of a page, hashed by the database: new ones too only where `hashesNew`. */
export async function candidatesOf(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  {
    userId,
    afterId,
    lastId,
    everything,
    hashesNew,
  }: { userId: string; afterId: string; lastId: string; everything: boolean; hashesNew: boolean },
): Promise<Candidate[]> {
  const { rows } = await tx.execute<{
    note_id: string;
    updated_at: string;
    bytes: number;
    content_hash: string | null;
    embedded_hash: string | null;
    failed_hash: string | null;
  }>(sql`
    select n.id as note_id, n.updated_at::text as updated_at, octet_length(n.title) + octet_length(n.body) as bytes,
      case when ${hashesNew} or e.note_id is not null then content_hash(n.title, n.body) end as content_hash, e.content_hash as embedded_hash, e.failed_hash
    from note n left join note_embedding e
      on e.user_id = n.user_id and e.note_id = n.id and e.model = ${model} and e.dimensions = ${dimensions}
    where n.user_id = ${userId} and n.id > ${afterId} and n.id <= ${lastId}
      and n.deleted_at is null and not n.ai_excluded
      and (${everything} or e.seen_updated_at is distinct from n.updated_at)
    order by n.id`);
  return rows.map((row) => ({
    noteId: row.note_id,
    updatedAt: row.updated_at,
    bytes: row.bytes,
    contentHash: row.content_hash,
    embeddedHash: row.embedded_hash,
    failedHash: row.failed_hash,
  }));
}

/**
 * Remembers that these notes were looked at and hold the text that is embedded already: as they were when they were
 * looked at, for one that has changed since must be looked at again.
 */
export async function markSeen(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  notes: readonly Pick<Candidate, "noteId" | "updatedAt">[],
): Promise<void> {
  if (notes.length === 0) return;
  await tx.execute(sql`
    update note_embedding e set seen_updated_at = seen.updated_at::timestamptz,
      failed_code = case when e.failed_hash is not null then e.failed_code end,
      failed_at = case when e.failed_hash is not null then e.failed_at end
    from unnest(${textArray(notes.map(({ noteId }) => noteId))}, ${textArray(notes.map(({ updatedAt }) => updatedAt))})
      as seen(id, updated_at)
    where e.user_id = ${userId} and e.note_id = seen.id and e.model = ${model} and e.dimensions = ${dimensions}`);
}

export interface Vanished {
  /** Notes with stored results that are deleted now or no longer there. */
  vanished: number;
  /** All notes with stored results. */
  known: number;
  /** Whether one of the user's sources lost all of its notes. */
  wholeSource: boolean;
}

/** What would be purged as deleted. Excluded notes do not count: somebody decided that about each one. */
export async function vanishedNotes(tx: UserTransaction, userId: string): Promise<Vanished> {
  const { rows } = await tx.execute<{ vanished: number; known: number; whole_source: boolean }>(sql`
    with known as materialized (select distinct note_id from note_embedding where user_id = ${userId}),
    gone as materialized (
      select k.note_id from known k left join note n on n.user_id = ${userId} and n.id = k.note_id
      where n.id is null or n.deleted_at is not null)
    select (select count(*) from gone)::int as vanished, (select count(*) from known)::int as known,
      exists (
        select 1 from source_note s left join gone g on g.note_id = s.note_id
        where s.user_id = ${userId} and s.note_id in (select note_id from known)
        group by s.source_id having count(*) = count(g.note_id)) as whole_source`);
  const row = rows[0]!;
  return { vanished: row.vanished, known: row.known, wholeSource: row.whole_source };
}

/** The same count over all users, from ids alone. */
export async function vanishedInAll(
  tx: LedgerTransaction,
): Promise<{ vanished: number; known: number; users: number }> {
  const { rows } = await tx.execute<{ vanished: number; known: number; users: number }>(sql`
    select (count(*) filter (where n.id is null or n.deleted_at is not null))::int as vanished,
      count(*)::int as known, count(distinct e.user_id)::int as users
    from note_embedding e left join note n on n.user_id = e.user_id and n.id = e.note_id`);
  return rows[0]!;
}

/** Whether anything stored belongs to a note that is excluded now. */
export async function hasExcludedResults(tx: UserTransaction, userId: string): Promise<boolean> {
  const { rows } = await tx.execute(sql`
    select 1 from note n where n.user_id = ${userId} and n.ai_excluded and n.deleted_at is null and (
      exists (select 1 from note_embedding e where e.user_id = n.user_id and e.note_id = n.id)
      or exists (select 1 from cluster_membership m where m.user_id = n.user_id and m.note_id = n.id)) limit 1`);
  return rows.length > 0;
}

/** The next users after `userId` who have notes or stored results, however many notes: two index probes each. */
export async function usersAfter(tx: LedgerTransaction, userId: string, limit: number): Promise<string[]> {
  const next = (after: SQL) => sql`(select min(id) from (
    (select n.user_id as id from note n where n.user_id > ${after} order by n.user_id limit 1) union all
    (select s.user_id from user_state s where s.user_id > ${after} order by s.user_id limit 1)) candidates)`;
  const { rows } = await tx.execute<{ id: string }>(sql`
    with recursive users as (
      select ${next(sql`${userId}::text`)} as id, 1 as place
      union all
      select ${next(sql`u.id`)}, u.place + 1 from users u where u.id is not null and u.place < ${limit}::int)
    select id from users where id is not null order by place`);
  return rows.map((row) => row.id);
}
