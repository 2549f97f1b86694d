import { sql } from "drizzle-orm";
import { asUser, type UserTransaction } from "../access.ts";
import type { Database, Transaction } from "../database.ts";

/** A cluster, a stack or a told week, with notes. */
export interface ResultGroup {
  id: string;
  name: string;
  noteIds: string[];
}

export interface UserResults {
  clusters: ResultGroup[];
  stacks: ResultGroup[];
  insights: ResultGroup[];
}

/** A stack of ours, shown or gone. */
export interface OurStackRow extends ResultGroup {
  reason: string;
  clusterId: string | null;
  /** `dismissed`, or why the nights retired it; null while it is shown. */
  gone: string | null;
}

export interface OurResults extends UserResults {
  stacks: OurStackRow[];
}

/** The queries over an older system's tables: user_id, id, name, note_id, a row a note. */
export type OldQueries = Partial<Record<keyof UserResults, string>>;

/** Everything that an older system has, by user, in one snapshot: it may be writing meanwhile. */
export async function oldResults(db: Database, queries: OldQueries): Promise<Map<string, UserResults>> {
  return db.drizzle.transaction(
    async (tx) => {
      const byUser = new Map<string, UserResults>();
      for (const what of ["clusters", "stacks", "insights"] as const) {
        const query = queries[what];
        if (query !== undefined) await readInto(byUser, what, tx, query);
      }
      return byUser;
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
}

async function readInto(
  byUser: Map<string, UserResults>,
  what: keyof UserResults,
  tx: Transaction,
  query: string,
): Promise<void> {
  const { rows } = await tx.execute<{ user_id: string; id: string; name: string; notes: string[] }>(sql`
    select user_id::text as user_id, id::text as id, coalesce(min(name::text), '') as name,
      coalesce(array_agg(distinct note_id::text) filter (where note_id is not null), '{}') as notes
    from (${sql.raw(query)}) old group by user_id, id order by user_id, id`);
  for (const { user_id, id, name, notes } of rows) {
    const results = byUser.get(user_id) ?? { clusters: [], stacks: [], insights: [] };
    byUser.set(user_id, results);
    results[what].push({ id, name, noteIds: notes });
  }
}

/** What Noctuary has of a user now: topics, stacks, told weeks with the notes that they cite. */
export async function ourResults(db: Database, userId: string): Promise<OurResults> {
  return asUser(db, userId, async (tx) => ({
    clusters: await groups(
      tx,
      sql`select c.id, c.name, m.note_id from cluster c
        join cluster_membership m on m.user_id = c.user_id and m.cluster_id = c.id
        where c.user_id = ${userId} and c.retired_at is null and c.level = 'topic'`,
    ),
    stacks: await ourStacks(tx, userId),
    insights: await groups(
      tx,
      sql`select s.week::text as id, s.week::text as name, n.note_id from insight_section s
        cross join lateral jsonb_array_elements(s.sentences) t
        left join lateral jsonb_array_elements_text(t->'noteIds') n(note_id) on true
        where s.user_id = ${userId}`,
    ),
  }));
}

async function ourStacks(tx: UserTransaction, userId: string): Promise<OurStackRow[]> {
  const { rows } = await tx.execute<OurStackRow & Record<string, unknown>>(sql`
    select s.id, coalesce(nullif(s.title, ''), s.kind) as name, s.reason, s.cluster_id as "clusterId",
      case when v.verdict = 'dismissed' then 'dismissed' else s.retired_cause end as gone,
      array(select n.note_id from smart_stack_note n where n.user_id = s.user_id and n.stack_id = s.id
        and (s.retired_at is not null or n.rank is not null) order by n.note_id) as "noteIds"
    from smart_stack s left join stack_verdict v on v.user_id = s.user_id and v.stack_id = s.id
    where s.user_id = ${userId} order by s.id`);
  return rows;
}

async function groups(tx: UserTransaction, rows: ReturnType<typeof sql>): Promise<ResultGroup[]> {
  const { rows: found } = await tx.execute<{ id: string; name: string; notes: string[] }>(sql`
    select id, min(name) as name, coalesce(array_agg(distinct note_id) filter (where note_id is not null), '{}') as notes
    from (${rows}) ours group by id order by id`);
  return found.map(({ id, name, notes }) => ({ id, name, noteIds: notes }));
}

/** Why notes are in none of our clusters: how many are excluded, failed, waiting, deleted, or not there at all. */
export async function whyUngrouped(
  db: Database,
  userId: string,
  noteIds: readonly string[],
): Promise<Record<string, number>> {
  const { rows } = await asUser(db, userId, (tx) =>
    tx.execute<{ why: string; n: number }>(sql`
      select case when n.id is null then 'unknown' when n.deleted_at is not null then 'deleted'
          when n.ai_excluded then 'excluded'
          when exists (select from note_embedding e where e.user_id = n.user_id and e.note_id = n.id
            and e.failed_hash is not null) then 'failed' else 'waiting' end as why, count(*)::int as n
      from unnest(${sql.param(noteIds)}::text[]) as asked(id)
      left join note n on n.user_id = ${userId} and n.id = asked.id group by 1 order by 1`),
  );
  return Object.fromEntries(rows.map(({ why, n }) => [why, n]));
}
