import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";
import type { Transaction } from "../database.ts";

/** What stands for `noctuary.note` where nothing is attached. */
const OWN_NOTES = `select id, user_id, title, body, tags, created_at, updated_at, deleted_at, ai_excluded
from noctuary.own_note
where (select noctuary.sees_all_users()) or user_id = (select noctuary.seen_user_id())`;

const RIGHTS_ON_NOTE = [
  "grant select on noctuary.note to noctuary_user",
  "grant select (id, user_id, updated_at, deleted_at, ai_excluded) on noctuary.note to noctuary_ledger",
  "grant select (id, user_id, deleted_at, ai_excluded) on noctuary.note to noctuary_app",
];

export interface Attachment {
  request: unknown;
  attachedAt: Date;
}

export async function attachmentOf(tx: Transaction | LedgerTransaction): Promise<Attachment | null> {
  const { rows } = await tx.execute<{ request: unknown; at: string }>(
    sql`select request, attached_at::text as at from noctuary.attachment`,
  );
  const row = rows[0];
  return row === undefined ? null : { request: row.request, attachedAt: new Date(row.at) };
}

/** Whether the view of the notes is there at all: a migration of an app can take it away (`cascade`). */
export async function areNotesThere(tx: LedgerTransaction): Promise<boolean> {
  const { rows } = await tx.execute<{ there: boolean }>(
    sql`select to_regclass('noctuary.note') is not null as there`,
  );
  return rows[0]!.there;
}

export interface SeenOfAttached {
  /** Whether any note and any result is there, of anybody. */
  notes: boolean;
  results: boolean;
  /** Notes come through a view or a query, where two rows may have one id; a table has a key. */
  mayDouble: boolean;
}

/** null where nothing of an app is attached. */
export async function seenOfAttached(tx: LedgerTransaction): Promise<SeenOfAttached | null> {
  if ((await attachmentOf(tx)) === null) return null;
  const { rows } = await tx.execute<SeenOfAttached & Record<string, unknown>>(sql`
    select exists (select id from note) as notes, exists (select note_id from note_embedding) as results,
      (select request->'found'->>'isTable' from attachment) is distinct from 'true' as "mayDouble"`);
  return rows[0]!;
}

/** Whether two notes of one user have the same id. Reads all ids. */
export async function hasDoubledNotes(tx: LedgerTransaction): Promise<boolean> {
  const { rows } = await tx.execute<{ doubled: boolean }>(
    sql`select exists (select from note group by user_id, id having count(*) > 1) as doubled`,
  );
  return rows[0]!.doubled;
}

/**
 * Makes `noctuary.note` of this query from now on. Whatever stands on the view stays as it is; where a migration of the
 * app took the view away (`cascade`), all that was on it is made again.
 */
export async function attachNotes(tx: Transaction, request: unknown, query: string): Promise<void> {
  const dependents = await replaceNotes(tx, query);
  await tx.execute(sql`
    insert into noctuary.attachment (request, query, dependents)
    values (${JSON.stringify(request)}::jsonb, ${query}, ${JSON.stringify(dependents)}::jsonb)
    on conflict (only_one) do update set request = excluded.request, query = excluded.query,
      dependents = excluded.dependents, attached_at = clock_timestamp()`);
}

/** Puts Noctuary's own table in the place of the app's. */
export async function detachNotes(tx: Transaction): Promise<void> {
  await replaceNotes(tx, OWN_NOTES);
  await tx.execute(sql`delete from noctuary.attachment`);
}

/** What stands on the view may be other things after a migration of ours. */
export async function refreshDependents(tx: Transaction): Promise<void> {
  if ((await attachmentOf(tx)) === null || !(await hasNotes(tx))) return;
  await tx.execute(
    sql`update noctuary.attachment set dependents = ${JSON.stringify(await dependentsOf(tx))}::jsonb`,
  );
}

async function replaceNotes(tx: Transaction, query: string): Promise<string[]> {
  if (await hasNotes(tx)) {
    await tx.execute(sql.raw(`create or replace view noctuary.note as ${query}`));
    return dependentsOf(tx);
  }
  const { rows } = await tx.execute<{ dependents: string[] }>(
    sql`select dependents from noctuary.attachment`,
  );
  const dependents = rows[0]?.dependents ?? [];
  await tx.execute(sql.raw(`create view noctuary.note as ${query}`));
  for (const statement of [...RIGHTS_ON_NOTE, ...dependents]) await tx.execute(sql.raw(statement));
  return dependents;
}

async function hasNotes(tx: Transaction): Promise<boolean> {
  const { rows } = await tx.execute<{ found: boolean }>(
    sql`select to_regclass('noctuary.note') is not null as found`,
  );
  return rows[0]!.found;
}

/** The statements that make the views and functions on `noctuary.note` and the rights on them, in an order that works. */
async function dependentsOf(tx: Transaction): Promise<string[]> {
  const { rows } = await tx.execute<{ statement: string }>(sql`
    with recursive dependent(class, id, depth) as (
      select 'pg_class'::regclass::oid, 'noctuary.note'::regclass::oid, 0
      union
      select case when d.classid = 'pg_rewrite'::regclass then 'pg_class'::regclass::oid else d.classid end,
        coalesce(r.ev_class, d.objid), p.depth + 1
      from dependent p
      join pg_depend d on d.refclassid = p.class and d.refobjid = p.id and d.deptype = 'n'
        and d.classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass)
      left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      where coalesce(r.ev_class, d.objid) <> p.id and p.depth < 20),
    deepest as (select class, id, max(depth) as depth from dependent where depth > 0 group by class, id),
    made as (
      select depth, 0 as rank, id, case
        when class = 'pg_proc'::regclass then pg_get_functiondef(id)
        else format('create view %s %s as %s', id::regclass,
          (select 'with (' || array_to_string(reloptions, ', ') || ')' from pg_class c
            where c.oid = id and reloptions is not null), pg_get_viewdef(id)) end as statement
      from deepest
      union all
      select depth, 1, id, format('grant %s on %s to %s', a.privilege_type, id::regclass,
        case when a.grantee = 0 then 'public' else quote_ident(a.grantee::regrole::text) end)
      from deepest, aclexplode((select relacl from pg_class where oid = id)) a
      where class = 'pg_class'::regclass and a.grantee <> a.grantor)
    select statement from made order by depth, id, rank, statement`);
  return rows.map(({ statement }) => statement);
}
