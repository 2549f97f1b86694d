import { sql } from "drizzle-orm";
import pg from "pg";
import type { Transaction } from "../database.ts";
import type { AppColumn } from "./note-query.ts";

/** What an app has in its schema, as this login sees it; asked before anything is attached. Reads only. */
export interface AppRelation {
  /** Quoted, with its schema. */
  name: string;
  columns: AppColumn[];
  /** Sets of columns that no two rows share. */
  uniqueKeys: string[][];
  isTable: boolean;
  /** The planner's estimate of its rows, which row-level security does not hide. */
  estimatedRows: number;
}

/** null where there is no such relation on the search path. A name in capitals is found without its quotes, too. */
export async function appRelation(tx: Transaction, name: string): Promise<AppRelation | null> {
  const asWritten = name.split(".").map((part) => pg.escapeIdentifier(part));
  const { rows } = await tx.execute<{ oid: string | null }>(sql`
    select coalesce(to_regclass(${name}), to_regclass(${asWritten.join(".")}))::oid::text as oid`);
  const oid = rows[0]?.oid;
  if (oid == null) return null;
  const { rows: found } = await tx.execute<AppRelation & Record<string, unknown>>(sql`
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind in ('r', 'p', 'f') as "isTable",
      coalesce(nullif(greatest(c.reltuples, 0), 0), (select n_live_tup from pg_stat_all_tables where relid = c.oid), 0)::float8 as "estimatedRows",
      (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
          'isNullable', not a.attnotnull) order by a.attnum)
        from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
      coalesce((select jsonb_agg((select jsonb_agg(a.attname) from pg_attribute a
          where a.attrelid = c.oid and a.attnum = any(i.indkey)))
        from pg_index i where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null), '[]')
        as "uniqueKeys"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = ${oid}::oid`);
  return found[0] ?? null;
}

/** Names of the app's tables and views, those like this name first; quoted, with their schemas. */
export async function likelyRelations(tx: Transaction, name: string, limit: number): Promise<string[]> {
  const { rows } = await tx.execute<{ name: string }>(sql`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('noctuary', 'information_schema')
      and n.nspname !~ '^pg_' and has_schema_privilege(n.oid, 'usage')
    order by lower(c.relname) = lower(${name.split(".").at(-1)}) desc, c.relname ilike '%note%' desc, 1 limit ${limit}`);
  return rows.map((row) => row.name);
}

/** The columns that a query gives. Its text is a person's, from a file that they named. */
export async function queryColumns(tx: Transaction, query: string): Promise<AppColumn[]> {
  await tx.execute(sql.raw(`create temporary view noctuary_asked as select * from (${query}) n`));
  const { rows } = await tx.execute<AppColumn & Record<string, unknown>>(sql`
    select attname as name, format_type(atttypid, atttypmod) as type, true as "isNullable" from pg_attribute
    where attrelid = 'pg_temp.noctuary_asked'::regclass and attnum > 0 order by attnum`);
  await tx.execute(sql`drop view pg_temp.noctuary_asked`);
  return rows;
}

export interface HiddenTable {
  name: string;
  /** A policy lets this login read every row. */
  showsAll: boolean;
  estimatedRows: number;
}

/** The tables under `noctuary.note` whose row-level security holds for the view's owner. */
export async function hiddenTables(tx: Transaction): Promise<HiddenTable[]> {
  const { rows } = await tx.execute<HiddenTable & Record<string, unknown>>(sql`
    with recursive under(id) as (
      select 'noctuary.note'::regclass::oid
      union
      select d.refobjid from under u join pg_rewrite r on r.ev_class = u.id
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass)
    select c.oid::regclass::text as name,
      coalesce(nullif(greatest(c.reltuples, 0), 0), (select n_live_tup from pg_stat_all_tables where relid = c.oid), 0)::float8 as "estimatedRows",
      exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
        and pg_get_expr(p.polqual, p.polrelid) = 'true'
        and exists (select from unnest(p.polroles) r where r = 0 or pg_has_role(r, 'USAGE'))) and not exists (
        select from pg_policy p where p.polrelid = c.oid and not p.polpermissive) as "showsAll"
    from under join pg_class c on c.oid = under.id
    where c.relkind in ('r', 'p') and c.relnamespace <> 'noctuary'::regnamespace and row_security_active(c.oid)`);
  return rows;
}
