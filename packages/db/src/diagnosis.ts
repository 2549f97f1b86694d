import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

/** What one can ask a database about itself, whatever state its schema is in. */
export interface Diagnosis {
  postgresVersion: string;
  postgresMajor: number;
  /** null where the extension is not installed. */
  pgvectorVersion: string | null;
  /** The database's clock less ours. */
  clockSkewMs: number;
  /** Noctuary's roles that this login cannot take on. */
  missingRoles: string[];
  /** Noctuary's roles that row-level security would not hold back. */
  rolesThatBypass: string[];
  /** Tables with a user_id whose row-level security is not both on and forced. */
  unforcedTables: string[];
}

export async function diagnose(db: Database): Promise<Diagnosis> {
  const { rows } = await db.drizzle.execute<{
    version: string;
    major: number;
    pgvector: string | null;
    now_ms: number;
    missing: string[];
    bypass: string[];
    unforced: string[];
  }>(sql`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int / 10000 as major,
      (select extversion from pg_extension where extname = 'vector') as pgvector,
      extract(epoch from clock_timestamp())::float8 * 1000 as now_ms,
      array(select r from unnest(array['noctuary_ledger', 'noctuary_user']) r
        where not exists (select 1 from pg_roles where rolname = r)
          or not pg_has_role(current_user, (select oid from pg_roles where rolname = r), 'MEMBER')) as missing,
      array(select rolname::text from pg_roles
        where rolname in ('noctuary_ledger', 'noctuary_user') and (rolsuper or rolbypassrls)) as bypass,
      array(select c.relname::text from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
        where c.relnamespace = to_regnamespace('noctuary') and c.relkind = 'r'
          and not (c.relrowsecurity and c.relforcerowsecurity)) as unforced`);
  const row = rows[0]!;
  return {
    postgresVersion: row.version,
    postgresMajor: row.major,
    pgvectorVersion: row.pgvector,
    clockSkewMs: row.now_ms - Date.now(),
    missingRoles: row.missing,
    rolesThatBypass: row.bypass,
    unforcedTables: row.unforced,
  };
}
