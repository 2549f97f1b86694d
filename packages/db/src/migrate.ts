import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { Database, Transaction } from "./database.ts";
import { refreshDependents } from "./notes/attachment.ts";

/** Any constant: it names the lock under which migrations run in this database. */
const MIGRATION_LOCK = 7_015_226_481;

export interface MigrationReport {
  applied: number;
  total: number;
}

/** PostgreSQL's code for a transaction that it ended because it and another one waited for each other. */
const DEADLOCK = "40P01";
const MAX_TRIES = 3;

/**
 * Brings the schema `noctuary` up to this version. Safe to run twice and by several processes at once.
 *
 * Not drizzle's own migrator: it takes no lock, and two of them at once apply the same file twice. The lock is one
 * of the transaction, so that it also holds behind a transaction pooler, and all files are applied or none. Where it and
 * a worker of a night that is under way wait for each other's locks, it begins again.
 *
 * @throws {SchemaError} `newer_schema` when the database was migrated by a later version,
 *   `pgvector_missing` when the extension is neither there nor can be created.
 */
export async function migrate(db: Database): Promise<MigrationReport> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await applyMigrations(db);
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      if (cause?.code !== DEADLOCK || attempt === MAX_TRIES) throw error;
    }
  }
}

async function applyMigrations(db: Database): Promise<MigrationReport> {
  const files = migrationFiles();
  return db.drizzle.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const applied = await appliedMigrations(tx);
    refuseNewer(applied, files);
    if (applied.length === files.length) return { applied: 0, total: files.length };
    if (applied.length === 0) {
      await tx.execute(sql`create schema if not exists noctuary`);
      await tx.execute(
        sql`create table noctuary.migration (hash text primary key, applied_at timestamptz not null default now())`,
      );
    }
    const vectorSchema = await ensurePgvector(tx);
    await tx.execute(
      sql`select set_config('search_path', 'noctuary, ' || quote_ident(${vectorSchema}), true)`,
    );
    for (const file of files.slice(applied.length)) {
      for (const statement of file.sql) await tx.execute(sql.raw(statement));
      await tx.execute(sql`insert into noctuary.migration (hash) values (${file.hash})`);
    }
    await letRolesUsePgvector(tx);
    await refreshDependents(tx);
    return { applied: files.length - applied.length, total: files.length };
  });
}

export type SchemaState = "current" | "empty" | "older" | "newer";

/** How the schema in the database relates to this version of the program. Reads only. */
export async function schemaState(db: Database): Promise<SchemaState> {
  const files = migrationFiles();
  const applied = await db.drizzle.transaction((tx) => appliedMigrations(tx));
  if (applied.length === 0) return "empty";
  if (applied.some((hash) => !files.some((file) => file.hash === hash))) return "newer";
  return applied.length < files.length ? "older" : "current";
}

export class SchemaError extends Error {
  override readonly name = "SchemaError";
  readonly code: "newer_schema" | "pgvector_missing";
  constructor(code: "newer_schema" | "pgvector_missing", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

function migrationFiles() {
  return readMigrationFiles({ migrationsFolder: fileURLToPath(new URL("../migrations", import.meta.url)) });
}

async function appliedMigrations(tx: Transaction): Promise<string[]> {
  const { rows: tables } = await tx.execute<{ found: string | null }>(
    sql`select to_regclass('noctuary.migration')::text as found`,
  );
  if (tables[0]?.found == null) return [];
  const { rows } = await tx.execute<{ hash: string }>(sql`select hash from noctuary.migration`);
  return rows.map((row) => row.hash);
}

function refuseNewer(applied: string[], files: { hash: string }[]): void {
  if (applied.every((hash) => files.some((file) => file.hash === hash))) return;
  throw new SchemaError(
    "newer_schema",
    "the database was migrated by a newer version of Noctuary: run that version, or restore an older backup",
  );
}

/** Outside of `public` an extension's schema is closed to other roles, and its types are then not found. */
async function letRolesUsePgvector(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    do $$ declare
      vector_schema name := (select nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where e.extname = 'vector');
    begin
      if not (has_schema_privilege('noctuary_ledger', vector_schema, 'usage')
          and has_schema_privilege('noctuary_user', vector_schema, 'usage')) then
        execute format('grant usage on schema %I to noctuary_ledger, noctuary_user', vector_schema);
      end if;
    end $$`);
}

async function ensurePgvector(tx: Transaction): Promise<string> {
  const installed = () =>
    tx.execute<{ schema: string }>(
      sql`select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'vector'`,
    );
  const before = (await installed()).rows[0];
  if (before !== undefined) return before.schema;
  try {
    await tx.transaction((inner) => inner.execute(sql`create extension vector schema public`));
  } catch (cause) {
    throw new SchemaError(
      "pgvector_missing",
      "pgvector is not installed: ask your provider to enable the extension `vector` (0.7 or later), " +
        "or run `create extension vector` as a role that may",
      { cause },
    );
  }
  return "public";
}
