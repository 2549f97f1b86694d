import { type ExtractTablesWithRelations, sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase, type NodePgTransaction } from "drizzle-orm/node-postgres";
import pg from "pg";
import { EagerClient } from "./eager-client.ts";
import { TurnSocket } from "./turn-socket.ts";

type Schema = Record<string, never>;
export type Transaction = NodePgTransaction<Schema, ExtractTablesWithRelations<Schema>>;

/** A pool of connections, and what had to be learnt about the server behind it. */
export interface Database {
  readonly drizzle: NodePgDatabase<Schema>;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  /** Connections at most; one per Lambda container. */
  maxConnections: number;
  /** The wait for a connection, be it for one of the pool's or for the server to take it. */
  connectTimeoutMs?: number;
  /** A statement whose answer has not come by then has none; longer than the server's own limit (access.ts). */
  queryTimeoutMs?: number;
  /** PEM of the authorities that the server's certificate is checked against. */
  certificateAuthority?: string;
}

export function openDatabase({
  url,
  maxConnections,
  connectTimeoutMs = 15_000,
  queryTimeoutMs = 110_000,
  certificateAuthority,
}: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    // What is sent without waiting for the answer to the statement before goes out at once: a statement that nobody
    // waits for costs a fifth of one that is waited for.
    pipeline: true,
    stream: () => new TurnSocket(),
    Client: EagerClient,
    // Without a limit, a query that waits for a connection held by its own caller would hang for ever.
    connectionTimeoutMillis: connectTimeoutMs,
    // A server that takes statements and never answers; its own timeout ends what only takes long.
    query_timeout: queryTimeoutMs,
    // A server that has vanished without a word is noticed.
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    idleTimeoutMillis: 30_000,
    ...(certificateAuthority === undefined ? {} : { ssl: { ca: certificateAuthority } }),
  });
  // A connection that the server ends must not end this process, be it idle or lent out between two statements: the next
  // query opens another, or fails and is tried again.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return { drizzle: drizzle({ client: pool }), pool, close: () => pool.end() };
}

/** PostgreSQL's code of what it refused, or a function's own; undefined for an error that did not come from it. */
export function sqlState(error: unknown): string | undefined {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : cause === undefined ? undefined : sqlState(cause);
}

/** Where pgvector lives (apps keep it in `public`, `extensions`, anywhere) and the type ids of `vector`. */
export interface VectorType {
  schema: string;
  oid: number;
  arrayOid: number;
}

const vectorTypes = new WeakMap<Database, Promise<VectorType>>();

/** @throws {Error} with code `pgvector_missing` where the extension is not installed in this database. */
export function vectorType(db: Database): Promise<VectorType> {
  let found = vectorTypes.get(db);
  if (found === undefined) {
    found = lookUpVectorType(db);
    found.catch(() => vectorTypes.delete(db)); // asked again next time: the database may have been down
    vectorTypes.set(db, found);
  }
  return found;
}

async function lookUpVectorType(db: Database): Promise<VectorType> {
  const { rows } = await db.drizzle.execute<{ schema: string; oid: number; array_oid: number }>(sql`
    select n.nspname as schema, t.oid::int as oid, t.typarray::int as array_oid
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    join pg_type t on t.typnamespace = n.oid and t.typname = 'vector'
    where e.extname = 'vector'`);
  const row = rows[0];
  if (row === undefined) {
    throw Object.assign(new Error("pgvector is not installed in this database"), {
      code: "pgvector_missing",
    });
  }
  return { schema: row.schema, oid: row.oid, arrayOid: row.array_oid };
}
