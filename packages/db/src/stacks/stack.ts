import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import { shownTitle } from "../notes/shown-title.ts";
import { textArray } from "../text-array.ts";

export interface Stack {
  id: string;
  kind: string;
  clusterId: string | null;
  title: string;
  titledBy: "noctuary" | "llm";
  titleKey: string | null;
  reason: string;
  facts: unknown;
  priority: number;
  priorityParts: Record<string, number>;
  earlierClusters: boolean;
  bornAt: Date;
  seenAt: Date;
  retiredAt: Date | null;
  retiredCause: string | null;
  verdict: "dismissed" | "kept" | null;
  verdictAt: Date | null;
}

type Dates = "bornAt" | "seenAt" | "retiredAt" | "verdictAt";
type StackRow = Omit<Stack, Dates> & Record<Dates, string | null> & Record<string, unknown>;

/**
 * A user's stacks, the most important first. `clusterId` is where the topic's notes are today: a topic that went into
 * another one is followed there, over any number of nights.
 */
export async function stacksOf(
  tx: UserTransaction,
  userId: string,
  { retiredSince = null }: { retiredSince?: Date | null } = {},
): Promise<Stack[]> {
  const since = retiredSince?.toISOString() ?? null;
  const { rows } = await tx.execute<StackRow>(sql`
    with recursive shown as (
      select s.*, v.verdict, v.at as verdict_at from smart_stack s
      left join stack_verdict v on v.user_id = s.user_id and v.stack_id = s.id
      where s.user_id = ${userId} and (s.retired_at is null or s.retired_at >= ${since}::timestamptz
        or (${since}::timestamptz is not null and v.verdict = 'dismissed'))),
    followed as (
      select c.id as first, c.id, c.merged_into, 0 as steps from cluster c
      where c.user_id = ${userId} and c.id in (select cluster_id from shown)
      union all
      select f.first, c.id, c.merged_into, f.steps + 1 from followed f
      join cluster c on c.user_id = ${userId} and c.id = f.merged_into where f.steps < 20),
    now_in as (select distinct on (first) first, id from followed order by first, steps desc)
    select s.id, s.kind, coalesce(n.id, s.cluster_id) as "clusterId", s.title, s.titled_by as "titledBy",
      s.title_key as "titleKey", s.reason, s.facts, s.priority, s.priority_parts as "priorityParts",
      s.earlier_clusters as "earlierClusters", s.born_at as "bornAt", s.seen_at as "seenAt",
      s.retired_at as "retiredAt", s.retired_cause as "retiredCause", s.verdict, s.verdict_at as "verdictAt"
    from shown s left join now_in n on n.first = s.cluster_id order by s.priority desc, s.id`);
  return rows.map((row) => ({
    ...row,
    bornAt: new Date(row.bornAt!),
    seenAt: new Date(row.seenAt!),
    retiredAt: row.retiredAt === null ? null : new Date(row.retiredAt),
    verdictAt: row.verdictAt === null ? null : new Date(row.verdictAt),
  }));
}

export interface SavedStack
  extends Omit<Stack, "bornAt" | "seenAt" | "retiredAt" | "retiredCause" | "verdict" | "verdictAt"> {
  notes: { noteId: string; rank: number | null; remark: string | null }[];
}

/** Writes tonight's stacks with their notes; one that was retired lives again. */
export async function saveStacks(
  tx: UserTransaction,
  userId: string,
  stacks: readonly SavedStack[],
  at: Date,
): Promise<void> {
  if (stacks.length === 0) return;
  const ids = textArray(stacks.map(({ id }) => id));
  await tx.execute(sql`
    insert into smart_stack (user_id, id, kind, cluster_id, title, titled_by, title_key, reason, facts, priority,
      priority_parts, earlier_clusters, born_at, seen_at)
    select ${userId}, s.id, s.kind, s."clusterId", s.title, s."titledBy", s."titleKey", s.reason, s.facts, s.priority,
      s."priorityParts", s."earlierClusters", ${at.toISOString()}::timestamptz, ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(stacks)}::jsonb) as s(id text, kind text, "clusterId" text, title text,
      "titledBy" text, "titleKey" text, reason text, facts jsonb, priority float8, "priorityParts" jsonb,
      "earlierClusters" boolean)
    on conflict (user_id, id) do update set cluster_id = excluded.cluster_id, title = excluded.title,
      titled_by = excluded.titled_by, title_key = excluded.title_key, reason = excluded.reason, facts = excluded.facts,
      priority = excluded.priority, priority_parts = excluded.priority_parts,
      earlier_clusters = excluded.earlier_clusters, seen_at = excluded.seen_at, retired_at = null, retired_cause = null`);
  await tx.execute(sql`delete from smart_stack_note where user_id = ${userId} and stack_id = any(${ids})`);
  const notes = stacks.flatMap(({ id, notes }) => notes.map((note) => ({ stackId: id, ...note })));
  await tx.execute(sql`
    insert into smart_stack_note (user_id, stack_id, note_id, rank, remark)
    select ${userId}, n."stackId", n."noteId", n.rank, n.remark from jsonb_to_recordset(${JSON.stringify(notes)}::jsonb)
      as n("stackId" text, "noteId" text, rank int, remark text)`);
}

/** What a model answered and no saved stack has yet, by title key; null for what may not be shown. */
export async function titleDrafts(tx: UserTransaction, userId: string): Promise<Map<string, string | null>> {
  const { rows } = await tx.execute<{ title_key: string; title: string | null }>(
    sql`select title_key, title from stack_title_draft where user_id = ${userId}`,
  );
  return new Map(rows.map(({ title_key, title }) => [title_key, title]));
}

export async function saveTitleDrafts(
  tx: UserTransaction,
  userId: string,
  drafts: ReadonlyMap<string, string | null>,
  at: Date,
): Promise<void> {
  const rows = [...drafts].map(([key, title]) => ({ key, title }));
  await tx.execute(sql`
    insert into stack_title_draft (user_id, title_key, title, at)
    select ${userId}, d.key, d.title, ${at.toISOString()}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as d(key text, title text)
    on conflict (user_id, title_key) do update set title = excluded.title, at = excluded.at`);
}

export async function dropTitleDrafts(tx: UserTransaction, userId: string): Promise<void> {
  await tx.execute(sql`delete from stack_title_draft where user_id = ${userId}`);
}

/** Gives stacks that stay as they are their titles again. */
export async function retitleStacks(
  tx: UserTransaction,
  userId: string,
  titles: readonly { id: string; title: string }[],
): Promise<void> {
  if (titles.length === 0) return;
  await tx.execute(sql`
    update smart_stack s set title = t.title, titled_by = 'noctuary', title_key = null
    from jsonb_to_recordset(${JSON.stringify(titles)}::jsonb) as t(id text, title text)
    where s.user_id = ${userId} and s.id = t.id and s.title <> t.title`);
}

/** Retires stacks. What is retired keeps its facts and notes, for dismissals to be remembered by, and no words. */
export async function retireStacks(
  tx: UserTransaction,
  userId: string,
  retired: readonly { id: string; cause: string }[],
  at: Date,
): Promise<void> {
  if (retired.length === 0) return;
  await tx.execute(sql`
    with retired as (
      update smart_stack s set retired_at = ${at.toISOString()}::timestamptz, retired_cause = r.cause, title = '',
        titled_by = 'noctuary', title_key = null, reason = ''
      from jsonb_to_recordset(${JSON.stringify(retired)}::jsonb) as r(id text, cause text)
      where s.user_id = ${userId} and s.id = r.id and s.retired_at is null returning s.id)
    update smart_stack_note n set remark = null from retired r
    where n.user_id = ${userId} and n.stack_id = r.id and n.remark is not null`);
}

/**
 * Takes notes out of all stacks, in the transaction that purges what else was derived from them. A stack that rests on
 * one goes; the others may be called after a topic that lost a word, so they are not shown until they are titled anew.
 */
export async function purgeStacks(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
  at: Date,
): Promise<void> {
  if (noteIds.length === 0) return;
  await dropTitleDrafts(tx, userId);
  await tx.execute(sql`
    with gone as (
      delete from smart_stack_note where user_id = ${userId} and note_id = any(${textArray(noteIds)}) returning stack_id)
    update smart_stack set retired_at = coalesce(retired_at, ${at.toISOString()}::timestamptz),
      retired_cause = coalesce(retired_cause, 'note_gone'), reason = ''
    where user_id = ${userId} and id in (select stack_id from gone)`);
  await tx.execute(sql`
    update smart_stack set title = '', titled_by = 'noctuary', title_key = null where user_id = ${userId} and title <> ''`);
}

/** Ids of notes that stacks which live rest on, and that are deleted, excluded or not there any more. */
export async function staleStackNotes(tx: UserTransaction, userId: string): Promise<string[]> {
  const { rows } = await tx.execute<{ note_id: string }>(sql`
    select distinct s.note_id from smart_stack_note s
    left join note n on n.user_id = s.user_id and n.id = s.note_id
    where s.user_id = ${userId} and (n.id is null or n.deleted_at is not null or n.ai_excluded)`);
  return rows.map(({ note_id }) => note_id);
}

export interface StackNote {
  stackId: string;
  noteId: string;
  title: string;
  path: string | null;
  createdAt: Date;
  remark: string | null;
}

/** What to open of living stacks, in order. Notes that were deleted or excluded meanwhile are left out. */
export async function stackNotes(tx: UserTransaction, userId: string): Promise<StackNote[]> {
  const { rows } = await tx.execute<
    Omit<StackNote, "createdAt"> & { createdAt: string } & Record<string, unknown>
  >(sql`
    select k.stack_id as "stackId", n.id as "noteId", ${shownTitle} as title, f.key as path,
      n.created_at as "createdAt", k.remark
    from smart_stack s join smart_stack_note k on k.user_id = s.user_id and k.stack_id = s.id and k.rank is not null
    join note n on n.user_id = k.user_id and n.id = k.note_id and n.deleted_at is null and not n.ai_excluded
    left join source_note f on f.user_id = n.user_id and f.note_id = n.id
    where s.user_id = ${userId} and s.retired_at is null order by k.stack_id, k.rank`);
  return rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt) }));
}

/** Writes what the user says about a stack; what was said before is replaced. */
export async function saveVerdict(
  tx: UserTransaction,
  userId: string,
  { stackId, verdict, at }: { stackId: string; verdict: "dismissed" | "kept"; at: Date },
): Promise<void> {
  await tx.execute(sql`
    insert into stack_verdict (user_id, stack_id, verdict, at)
    values (${userId}, ${stackId}, ${verdict}, ${at.toISOString()}::timestamptz)
    on conflict (user_id, stack_id) do update set verdict = excluded.verdict, at = excluded.at`);
}

export async function saveStackReport(
  tx: UserTransaction,
  userId: string,
  { runId, at, report }: { runId: string; at: Date; report: unknown },
): Promise<void> {
  await tx.execute(sql`
    insert into stack_report (user_id, run_id, at, report)
    values (${userId}, ${runId}, ${at.toISOString()}::timestamptz, ${JSON.stringify(report)}::jsonb)
    on conflict (user_id, run_id) do update set at = excluded.at, report = excluded.report`);
}

/** What a run reported about a user's stacks; null where it did not look at them. */
export async function stackReportOf(tx: UserTransaction, userId: string, runId: string): Promise<unknown> {
  const { rows } = await tx.execute<{ report: unknown }>(
    sql`select report from stack_report where user_id = ${userId} and run_id = ${runId}`,
  );
  return rows[0]?.report ?? null;
}

/** Reports of runs long past go. */
export async function purgeStackReports(tx: UserTransaction, userId: string, before: Date): Promise<void> {
  await tx.execute(
    sql`delete from stack_report where user_id = ${userId} and at < ${before.toISOString()}::timestamptz`,
  );
}
