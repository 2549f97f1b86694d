import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { forgetBudgets } from "../budget/budget-month.ts";
import type { EmbeddingModel } from "./note-changes.ts";
import { shownTitle } from "./shown-title.ts";

/** Users who have notes or results, in the order of their ids, those after `afterId`. */
export async function users(tx: LedgerTransaction, limit: number, afterId = ""): Promise<string[]> {
  const { rows } = await tx.execute<{ user_id: string }>(sql`
    with recursive u as (
      (select least((select min(user_id) from note where user_id > ${afterId}),
        (select min(user_id) from user_state where user_id > ${afterId})) as user_id)
      union all
      select least((select min(user_id) from note where user_id > u.user_id),
        (select min(user_id) from user_state where user_id > u.user_id))
      from u where u.user_id is not null)
    select user_id from u where user_id is not null limit ${limit}`);
  return rows.map((row) => row.user_id);
}

export interface NoteLine {
  id: string;
  title: string;
  /** Where it was synced from, relative to its source; null for a note that an app owns. */
  path: string | null;
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  aiExcluded: boolean;
  clusterId: string | null;
  confidence: number | null;
  rivalId: string | null;
  loose: boolean | null;
  /** `user`: an edit put it into its cluster. */
  placedBy: "noctuary" | "user" | null;
  failedCode: string | null;
}

type NoteLineRow = Omit<NoteLine, "createdAt" | "updatedAt"> & {
  createdAt: string;
  updatedAt: string;
} & Record<string, unknown>;

/** Living notes with where they stand, the newest first. `match` is an id, the beginning of one, a path or a title. */
export async function notesOf(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { match = null, limit }: { match?: string | null; limit: number },
): Promise<NoteLine[]> {
  const { rows } = await tx.execute<NoteLineRow>(sql`
    select n.id, ${shownTitle} as title, s.key as path, n.tags, n.created_at as "createdAt",
      n.updated_at as "updatedAt", n.ai_excluded as "aiExcluded", m.cluster_id as "clusterId", m.confidence,
      m.rival_id as "rivalId", m.loose, m.placed_by as "placedBy", e.failed_code as "failedCode"
    from note n
    left join source_note s on s.user_id = n.user_id and s.note_id = n.id
    left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
    left join note_embedding e on e.user_id = n.user_id and e.note_id = n.id and e.model = ${model}
      and e.dimensions = ${dimensions}
    where n.user_id = ${userId} and n.deleted_at is null and (${match}::text is null or n.id = ${match}
      or (length(${match}) >= 4 and starts_with(n.id, ${match})) or s.key = ${match} or s.key = ${match} || '.md'
      or lower(${shownTitle}) = lower(${match}))
    order by n.created_at desc, n.id limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  }));
}

export interface ClusterNote {
  id: string;
  title: string;
  path: string | null;
  createdAt: Date;
  clusterId: string;
  confidence: number;
  loose: boolean;
  rivalId: string | null;
  /** `user`: an edit put it here. */
  placedBy: "noctuary" | "user";
  /** Cosine similarity to its cluster's centroid. */
  closeness: number;
}

/** The notes of living clusters, the most telling of each first; all clusters of the user, or one. */
export async function clusterNotes(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  { clusterId = null, perCluster }: { clusterId?: string | null; perCluster: number },
): Promise<ClusterNote[]> {
  const { rows } = await tx.execute<
    Omit<ClusterNote, "createdAt"> & { createdAt: string } & Record<string, unknown>
  >(sql`
    with ranked as (
      select n.id, s.key as path, n.created_at as "createdAt", m.cluster_id as "clusterId", m.confidence, m.loose,
        m.rival_id as "rivalId", m.placed_by as "placedBy", 1 - (e.vector <=> c.centroid) as closeness,
        row_number() over (partition by m.cluster_id order by m.loose, e.vector <=> c.centroid, n.id) as rank
      from cluster_membership m
      join note n on n.user_id = m.user_id and n.id = m.note_id
      join cluster c on c.user_id = m.user_id and c.id = m.cluster_id
      left join note_embedding e on e.user_id = m.user_id and e.note_id = m.note_id and e.model = ${model}
        and e.dimensions = ${dimensions}
      left join source_note s on s.user_id = m.user_id and s.note_id = m.note_id
      where m.user_id = ${userId} and (${clusterId}::text is null or m.cluster_id = ${clusterId}))
    select id, ${shownTitle} as title, path, "createdAt", "clusterId", confidence, loose, "rivalId", "placedBy", closeness
    from ranked join note n using (id) where n.user_id = ${userId} and rank <= ${perCluster} order by "clusterId", rank`);
  return rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt) }));
}

export interface RelatedNote {
  id: string;
  title: string;
  path: string | null;
  clusterId: string | null;
  /** Cosine similarity in [-1, 1]. */
  similarity: number;
}

/**
 * The nearest notes of the same user by exact search over all of the user's vectors; with `clusterId` over those of one
 * cluster: the notes that a member leans on.
 */
export async function relatedNotes(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  noteId: string,
  { limit, clusterId = null }: { limit: number; clusterId?: string | null },
): Promise<RelatedNote[]> {
  const { rows } = await tx.execute<RelatedNote & Record<string, unknown>>(sql`
    with asked as materialized (
      select vector from note_embedding where user_id = ${userId} and note_id = ${noteId} and model = ${model}
        and dimensions = ${dimensions} and vector is not null),
    nearest as (
      select e.note_id, 1 - (e.vector <=> a.vector) as similarity
      from note_embedding e, asked a
      where e.user_id = ${userId} and e.note_id <> ${noteId} and e.model = ${model} and e.dimensions = ${dimensions}
        and e.vector is not null and (${clusterId}::text is null or exists (select 1 from cluster_membership m
          where m.user_id = e.user_id and m.note_id = e.note_id and m.cluster_id = ${clusterId}))
      order by e.vector <=> a.vector, e.note_id limit ${limit})
    select n.id, ${shownTitle} as title, s.key as path, m.cluster_id as "clusterId", nearest.similarity
    from nearest join note n on n.user_id = ${userId} and n.id = nearest.note_id
    left join source_note s on s.user_id = n.user_id and s.note_id = n.id
    left join cluster_membership m on m.user_id = n.user_id and m.note_id = n.id
    where n.deleted_at is null and not n.ai_excluded
    order by similarity desc, n.id`);
  return rows;
}

/** A note's text; empty where it is gone or excluded. */
export async function noteBody(tx: UserTransaction, userId: string, noteId: string): Promise<string> {
  const { rows } = await tx.execute<{ body: string }>(
    sql`select body from note where user_id = ${userId} and id = ${noteId} and not ai_excluded`,
  );
  return rows[0]?.body ?? "";
}

/** Removes everything about a user but what the audit keeps, and the ledger (`forgetUserInRuns`, `anonymiseUsage`). */
export async function forgetUser(tx: UserTransaction, userId: string): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  for (const table of [
    "stack_report",
    "stack_title_draft",
    "stack_verdict",
    "smart_stack_note",
    "smart_stack",
    "cluster_edit",
    "cluster_membership",
    "cluster_event",
    "cluster",
    "kept_neighbours_chunk",
    "kept_neighbours",
    "note_embedding",
    "source_note",
    "source",
    "own_note",
    "user_setting",
    "user_state",
    "insight_section",
    "insight",
    "event_outbox",
    "forget",
    "compared_night",
  ]) {
    const { rowCount } = await tx.execute(
      sql`delete from ${sql.identifier(table)} where user_id = ${userId}`,
    );
    removed[table] = rowCount ?? 0;
  }
  // Of a run that is under way the ledger keeps until its end that there was a task, and when.
  await tx.execute(
    sql`update task set payload = '{}' where user_id = ${userId} and status in ('done', 'failed')`,
  );
  await tx.execute(sql`update run_user set cursor = '' where user_id = ${userId} and planned_at is not null`);
  return removed;
}

/** Switches AI off for a user who is forgotten and whose notes an app still shows. Returns whether that was so. */
export async function keepOut(tx: UserTransaction, userId: string): Promise<boolean> {
  const { rowCount } = await tx.execute(sql`
    insert into user_setting (user_id, ai_enabled)
    select ${userId}, false where exists (select from note where user_id = ${userId} and deleted_at is null)`);
  return (rowCount ?? 0) > 0;
}

/** Adds a forgotten user's usage to the nameless one, so that what was spent stays true; their own budget goes. */
export async function anonymiseUsage(tx: LedgerTransaction, userId: string): Promise<void> {
  await forgetBudgets(tx, userId);
  await tx.execute(sql`
    with gone as (delete from usage where user_id = ${userId} returning *)
    insert into usage as u (user_id, day, model, inputs, requests, tokens, cost_usd)
    select '', day, model, inputs, requests, tokens, cost_usd from gone
    on conflict (user_id, day, model) do update set inputs = u.inputs + excluded.inputs,
      requests = u.requests + excluded.requests, tokens = u.tokens + excluded.tokens,
      cost_usd = u.cost_usd + excluded.cost_usd`);
}

/** How many notes of each cluster were written after a moment. */
export async function newNotesByCluster(
  tx: UserTransaction,
  userId: string,
  since: Date,
): Promise<Map<string, number>> {
  const { rows } = await tx.execute<{ cluster_id: string; notes: number }>(sql`
    select m.cluster_id, count(*)::int as notes
    from cluster_membership m join note n on n.user_id = m.user_id and n.id = m.note_id
    where m.user_id = ${userId} and n.created_at > ${since.toISOString()}::timestamptz group by m.cluster_id`);
  return new Map(rows.map((row) => [row.cluster_id, row.notes]));
}

/** Bytes of title and body of the living notes that may be read. */
export async function textBytes(tx: UserTransaction, userId: string): Promise<number> {
  const { rows } = await tx.execute<{ bytes: number }>(sql`
    select coalesce(sum(octet_length(title) + octet_length(body)), 0)::float8 as bytes
    from note where user_id = ${userId} and deleted_at is null and not ai_excluded`);
  return rows[0]!.bytes;
}
