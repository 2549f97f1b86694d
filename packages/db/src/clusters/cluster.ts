import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import type { VectorType } from "../database.ts";
import { textArray } from "../text-array.ts";
import { encodeVectorArray } from "../vector-codec.ts";
import type { ClusterEventKind, ClusterLevel, EditOutcome, MoveCause, NamedBy } from "./clusters.sql.ts";
import { type RetiredCluster, retireClusters } from "./retired-cluster.ts";

export interface Cluster {
  id: string;
  level: ClusterLevel;
  parentId: string | null;
  name: string;
  namedBy: NamedBy;
  namedSize: number;
  /** How many notes it had when a language model was last asked for its name; null: never for this one. */
  askedSize: number | null;
  keyphrases: string[];
  size: number;
  cohesion: number | null;
  bornAt: Date;
  retiredAt: Date | null;
  /** Where most of its notes went when it was retired. */
  mergedInto: string | null;
}

type ClusterRow = Omit<Cluster, "bornAt" | "retiredAt"> & {
  bornAt: string;
  retiredAt: string | null;
} & Record<string, unknown>;

/** A user's clusters, the largest first; those that live, or with `retired` all there ever were. */
export async function clustersOf(
  tx: UserTransaction,
  userId: string,
  { retired = false }: { retired?: boolean } = {},
): Promise<Cluster[]> {
  const { rows } = await tx.execute<ClusterRow>(sql`
    select id, level, parent_id as "parentId", name, named_by as "namedBy", named_size as "namedSize",
      asked_size as "askedSize", keyphrases,
      size, cohesion, born_at as "bornAt", retired_at as "retiredAt", merged_into as "mergedInto"
    from cluster where user_id = ${userId} and (${retired} or retired_at is null) order by size desc, name collate "C", id`);
  return rows.map((row) => ({
    ...row,
    bornAt: new Date(row.bornAt),
    retiredAt: row.retiredAt === null ? null : new Date(row.retiredAt),
  }));
}

/** Living clusters with words whose names are ours, and that no language model was asked about. */
export async function countUnasked(tx: UserTransaction, userId: string): Promise<number> {
  const { rows } = await tx.execute<{ unasked: number }>(sql`
    select count(*)::int as unasked from cluster c
    where user_id = ${userId} and retired_at is null and named_by = 'noctuary' and asked_size is null
      and keyphrases <> '{}'
      -- An area of one topic is called like it, and nobody is asked about it.
      and (level = 'topic' or (select count(*) from cluster t
        where t.user_id = c.user_id and t.parent_id = c.id and t.retired_at is null) <> 1)`);
  return rows[0]!.unasked;
}

/** Forgets what retired clusters were called: their names may rest on notes that are gone. */
export async function forgetRetiredNames(tx: UserTransaction, userId: string): Promise<void> {
  await tx.execute(sql`
    update cluster set name = case named_by when 'user' then name else '' end, keyphrases = '{}'
    where user_id = ${userId} and retired_at is not null`);
}

export interface Membership {
  noteId: string;
  clusterId: string;
  confidence: number;
  rivalId: string | null;
  loose: boolean;
  placedBy: "noctuary" | "user";
}

export async function membershipsOf(tx: UserTransaction, userId: string): Promise<Membership[]> {
  const { rows } = await tx.execute<Membership & Record<string, unknown>>(sql`
    select note_id as "noteId", cluster_id as "clusterId", confidence, rival_id as "rivalId", loose,
      placed_by as "placedBy"
    from cluster_membership where user_id = ${userId} order by note_id`);
  return rows;
}

export type SavedCluster = Omit<Cluster, "bornAt" | "retiredAt" | "mergedInto">;

/** Writes tonight's living clusters; all others of the user are retired as of `at`. */
export async function saveClusters(
  tx: UserTransaction,
  type: VectorType,
  userId: string,
  {
    topics,
    areas,
    ended,
    centroids,
    dimensions,
    at,
  }: {
    topics: SavedCluster[];
    areas: SavedCluster[];
    /** What is kept of those that are no more. */
    ended: Omit<RetiredCluster, "level">[];
    centroids: Float32Array;
    dimensions: number;
    at: Date;
  },
): Promise<void> {
  const living = [...topics, ...areas];
  await retireClusters(tx, userId, { livingIds: living.map(({ id }) => id), ended, at });
  if (living.length === 0) return;
  await tx.execute(sql`
    insert into cluster (user_id, id, level, parent_id, name, named_by, named_size, asked_size, keyphrases, size, cohesion,
      born_at)
    select ${userId}, c.id, c.level, c."parentId", c.name, c."namedBy", c."namedSize", c."askedSize",
      array(select jsonb_array_elements_text(c.keyphrases)), c.size, c.cohesion, ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(living)}::jsonb) as c(id text, level text, "parentId" text, name text,
      "namedBy" text, "namedSize" int, "askedSize" int, keyphrases jsonb, size int, cohesion real)
    on conflict (user_id, id) do update set parent_id = excluded.parent_id, name = excluded.name,
      named_by = excluded.named_by, named_size = excluded.named_size, asked_size = excluded.asked_size, keyphrases = excluded.keyphrases,
      size = excluded.size, cohesion = excluded.cohesion, retired_at = null,
      merged_into = null, retired_by = null, last_members = '{}'`);
  if (topics.length === 0) return;
  await tx.execute(sql`
    update cluster c set centroid = t.centroid
    from unnest(${textArray(topics.map((t) => t.id))}, ${encodeVectorArray(centroids, dimensions, type.oid)}::vector[])
      as t(id, centroid)
    where c.user_id = ${userId} and c.id = t.id`);
}

/** Replaces a user's memberships; rows that stay as they are are not written again. */
export async function saveMemberships(
  tx: UserTransaction,
  userId: string,
  memberships: Membership[],
): Promise<void> {
  await tx.execute(sql`
    with tonight as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(memberships)}::jsonb)
        as m("noteId" text, "clusterId" text, confidence real, "rivalId" text, loose boolean, "placedBy" text)),
    gone as (
      delete from cluster_membership m where m.user_id = ${userId}
        and not exists (select 1 from tonight t where t."noteId" = m.note_id))
    insert into cluster_membership as m (user_id, note_id, cluster_id, confidence, rival_id, loose, placed_by)
    select ${userId}, "noteId", "clusterId", confidence, "rivalId", loose, "placedBy" from tonight
    on conflict (user_id, note_id) do update set cluster_id = excluded.cluster_id, confidence = excluded.confidence,
      rival_id = excluded.rival_id, loose = excluded.loose, placed_by = excluded.placed_by
    where (m.cluster_id, m.confidence, m.rival_id, m.loose, m.placed_by) is distinct from
      (excluded.cluster_id, excluded.confidence, excluded.rival_id, excluded.loose, excluded.placed_by)`);
}

export interface ClusterEventRow {
  at: Date;
  /** null: it happened by day, the moment the user decided it. */
  runId: string | null;
  kind: ClusterEventKind;
  clusterId: string;
  otherId: string | null;
  noteId: string | null;
  cause: MoveCause | EditOutcome | null;
  editId: string | null;
  share: number | null;
  notesBefore: number;
  notesAfter: number;
}

export async function addClusterEvents(
  tx: UserTransaction,
  userId: string,
  events: ClusterEventRow[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.execute(sql`
    insert into cluster_event (user_id, run_id, at, kind, cluster_id, other_id, note_id, cause, edit_id, share,
      notes_before, notes_after)
    select ${userId}, e."runId", e.at, e.kind, e."clusterId", e."otherId", e."noteId", e.cause, e."editId", e.share,
      e."notesBefore", e."notesAfter"
    from jsonb_to_recordset(${JSON.stringify(events)}::jsonb) as e("runId" text, at timestamptz, kind text,
      "clusterId" text, "otherId" text, "noteId" text, cause text, "editId" text, share real, "notesBefore" int,
      "notesAfter" int)`);
}

/** Events of one run or of one cluster, in the order in which they happened. */
export async function clusterEvents(
  tx: UserTransaction,
  userId: string,
  of: { runId: string } | { clusterId: string },
): Promise<ClusterEventRow[]> {
  const which =
    "runId" in of
      ? sql`run_id = ${of.runId}`
      : sql`(cluster_id = ${of.clusterId} or other_id = ${of.clusterId})`;
  const { rows } = await tx.execute<
    Omit<ClusterEventRow, "at"> & { at: string } & Record<string, unknown>
  >(sql`
    select at, run_id as "runId", kind, cluster_id as "clusterId", other_id as "otherId", note_id as "noteId", cause,
      edit_id as "editId", share, notes_before as "notesBefore", notes_after as "notesAfter"
    from cluster_event where user_id = ${userId} and ${which} order by at, id`);
  return rows.map((row) => ({ ...row, at: new Date(row.at) }));
}

/** Topics that these notes were in before they came to be where they are, retired ones too, and their areas. */
export async function clustersLeftBy(
  tx: UserTransaction,
  userId: string,
  noteIds: string[],
): Promise<string[]> {
  if (noteIds.length === 0) return [];
  const { rows } = await tx.execute<{ id: string }>(sql`
    with left_behind as (
      select c.id, c.parent_id from cluster_event e join cluster c on c.user_id = e.user_id and c.id = e.other_id
      where e.user_id = ${userId} and e.kind = 'moved' and e.note_id = any(${textArray(noteIds)}))
    select id from left_behind union select parent_id from left_behind where parent_id is not null`);
  return rows.map((row) => row.id);
}

/** Title and the beginning of the body of notes, for naming. */
export async function noteExcerpts(
  tx: UserTransaction,
  userId: string,
  noteIds: string[],
  bodyLimit: number,
): Promise<Map<string, { title: string; body: string }>> {
  const { rows } = await tx.execute<{ id: string; title: string; body: string }>(sql`
    select id, title, left(body, ${bodyLimit}) as body from note
    where user_id = ${userId} and id = any(${textArray(noteIds)}) and not ai_excluded`);
  return new Map(rows.map(({ id, ...text }) => [id, text]));
}
