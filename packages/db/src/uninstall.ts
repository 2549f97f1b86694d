import { sql } from "drizzle-orm";
import type { Database, Transaction } from "./database.ts";

const ROLES = ["noctuary_app", "noctuary_ledger", "noctuary_user"] as const;

/** All that Noctuary has in a database. */
export interface Installed {
  tables: { name: string; rows: number }[];
  views: string[];
  functions: string[];
  /** What an app has made on top of it, outside the schema: it would go along. */
  dependents: string[];
}

/** null where the schema is not there. Reads only. */
export async function installed(db: Database): Promise<Installed | null> {
  return db.drizzle.transaction(async (tx) => {
    const { rows: found } = await tx.execute<{ there: boolean }>(
      sql`select to_regnamespace('noctuary') is not null as there`,
    );
    return found[0]!.there ? inventory(tx) : null;
  });
}

async function inventory(tx: Transaction): Promise<Installed> {
  const { rows } = await tx.execute<{ name: string; kind: string }>(sql`
    select relname::text as name, relkind::text as kind from pg_class
    where relnamespace = 'noctuary'::regnamespace and relkind in ('r', 'v') order by 1`);
  const tables: Installed["tables"] = [];
  for (const { name } of rows.filter(({ kind }) => kind === "r")) {
    tables.push({ name, rows: await rowsOf(tx, name) });
  }
  const { rows: functions } = await tx.execute<{ name: string }>(sql`
    select distinct proname::text as name from pg_proc where pronamespace = 'noctuary'::regnamespace order by 1`);
  return {
    tables,
    views: rows.filter(({ kind }) => kind === "v").map(({ name }) => name),
    functions: functions.map(({ name }) => name),
    dependents: await outsideDependents(tx),
  };
}

async function rowsOf(tx: Transaction, table: string): Promise<number> {
  const { rows } = await tx.execute<{ n: number }>(
    sql`select greatest(n_live_tup, 0)::int as n from pg_stat_all_tables where schemaname = 'noctuary' and relname = ${table}`,
  );
  return rows[0]?.n ?? 0;
}

/** Views and functions of other schemas that read ours, and foreign keys to it. */
async function outsideDependents(tx: Transaction): Promise<string[]> {
  const { rows } = await tx.execute<{ name: string }>(sql`
    select distinct pg_describe_object(case when r.oid is null then d.classid else 'pg_class'::regclass end,
      coalesce(r.ev_class, d.objid), 0) as name
    from pg_depend d
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    left join pg_class v on v.oid = r.ev_class
    left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
    left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
    where d.deptype = 'n' and coalesce(v.relnamespace, p.pronamespace, k.connamespace) <> 'noctuary'::regnamespace
      and ((d.refclassid = 'pg_class'::regclass
          and d.refobjid in (select oid from pg_class where relnamespace = 'noctuary'::regnamespace))
        or (d.refclassid = 'pg_proc'::regclass
          and d.refobjid in (select oid from pg_proc where pronamespace = 'noctuary'::regnamespace)))
    order by 1`);
  return rows.map(({ name }) => name);
}

/**
 * Drops the schema with everything in it, and the three roles with their rights in this database. Returns the roles that
 * stay: those that another database of the server still uses, or that this login may not drop. pgvector stays.
 */
export async function uninstall(db: Database): Promise<string[]> {
  await db.drizzle.transaction((tx) => tx.execute(sql`drop schema if exists noctuary cascade`));
  const kept: string[] = [];
  for (const role of ROLES) {
    try {
      await db.drizzle.transaction(async (tx) => {
        const { rows } = await tx.execute(sql`select 1 from pg_roles where rolname = ${role}`);
        if (rows.length === 0) return;
        await tx.execute(sql`drop owned by ${sql.identifier(role)}`);
        await tx.execute(sql`drop role ${sql.identifier(role)}`);
      });
    } catch {
      kept.push(role); // which of the two reasons it was, its own message would say with other databases' names
    }
  }
  return kept;
}
