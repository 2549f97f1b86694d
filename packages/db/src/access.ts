import { type SQL, sql } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type pg from "pg";
import { type Database, type Transaction, vectorType } from "./database.ts";
import { nameOf, type Said } from "./kept-statements.ts";
import { type Answer, sendOpened } from "./opened-query.ts";

declare const role: unique symbol;

/** No statement takes longer, waits for locks included: less than any function has. */
const STATEMENT_TIMEOUT = "100s";

/** A transaction that sees one user's data and nothing else. */
export type UserTransaction = Transaction & { readonly [role]: "user" };

/** A transaction that sees runs, tasks and ids of all users, and no note text. */
export type LedgerTransaction = Transaction & { readonly [role]: "ledger" };

export interface TransactionOptions {
  /**
   * The commit is not waited for until it is on disk: should the server crash within a second, it is gone, and so is
   * all that was committed after it. For what is done again then, and whose loss nobody outside can tell.
   */
  mayBeLost?: boolean;
}

/** Whose rows a transaction sees. */
type As = { role: "noctuary_user"; userId: string } | { role: "noctuary_ledger"; userId: "" };

const ledger: As = { role: "noctuary_ledger", userId: "" };

function user(userId: string): As {
  if (userId === "") throw new TypeError("a user id is never empty");
  return { role: "noctuary_user", userId };
}

/**
 * Runs `work` in one transaction as `noctuary_user`, for the rows of `userId` only. With `sendAsUser` the only way to a
 * user's data. Role, user and search path are set for the transaction alone, so a transaction pooler may stand in between.
 */
export async function asUser<T>(
  db: Database,
  userId: string,
  work: (tx: UserTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return begin(db, user(userId), options, (tx) => work(tx as UserTransaction));
}

/** Runs `work` in one transaction as `noctuary_ledger`. */
export async function asLedger<T>(
  db: Database,
  work: (tx: LedgerTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return begin(db, ledger, options, (tx) => work(tx as LedgerTransaction));
}

/** Something to say to the database, be it put together yet or not. */
export type Statement = SQL | Said;

/** One of a database's connections, lent out. */
export interface Connection {
  readonly client: pg.ClientBase;
  readonly vectorSchema: string;
}

/** Where a statement is sent: over any of a database's connections, or over this one. */
export type Line = Database | Connection;

/**
 * Lends a connection to `work`, until all that is sent over it is answered. What is sent in one turn goes out in one piece,
 * each statement in a transaction of its own, and wakes the server once.
 */
export async function overOneConnection<T>(
  db: Database,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { schema } = await vectorType(db);
  const client = await db.pool.connect();
  try {
    return await work({ client, vectorSchema: schema });
  } finally {
    client.release();
  }
}

/**
 * As `asUser`, for one statement that is known beforehand: it is sent in one piece with the beginning and the end of its
 * transaction, which takes one way there and back and wakes the server once.
 */
export async function sendAsUser(line: Line, userId: string, statement: Statement): Promise<Answer> {
  return send(line, user(userId), statement);
}

/** As `sendAsUser`, as `noctuary_ledger`. */
export async function sendAsLedger(
  line: Line,
  statement: Statement,
  options: TransactionOptions = {},
): Promise<Answer> {
  return send(line, ledger, statement, options);
}

/**
 * Does a part of a transaction that it can do without, under a savepoint of its own: what the database refuses of it is
 * undone, and the rest stands. Returns what was refused, or null.
 */
export async function attempt(
  tx: UserTransaction,
  work: (tx: UserTransaction) => Promise<void>,
): Promise<unknown> {
  try {
    await tx.transaction((part) => work(part as UserTransaction));
    return null;
  } catch (error) {
    return error;
  }
}

async function begin<T>(
  db: Database,
  as: As,
  { mayBeLost = false }: TransactionOptions,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const { schema } = await vectorType(db);
  return db.drizzle.transaction(async (tx) => {
    const opened = tx.execute(opening(openingValues(as, schema), mayBeLost)).execute();
    // Not waited for: the first statement of `work` goes out right behind it, and where this one is refused, so is
    // everything after it, for a reason that says nothing.
    opened.catch(() => {});
    try {
      return await work(tx);
    } finally {
      await opened;
    }
  });
}

async function send(
  line: Line,
  as: As,
  statement: Statement,
  { mayBeLost = false }: TransactionOptions = {},
): Promise<Answer> {
  if (!("client" in line)) {
    return overOneConnection(line, (connection) => send(connection, as, statement, { mayBeLost }));
  }
  return sendOpened(line.client, saidOpening(as, line.vectorSchema, mayBeLost), said(statement));
}

const dialect = new PgDialect();

function said(statement: Statement): Said {
  if ("text" in statement) return statement;
  const { sql: text, params: values } = dialect.sqlToQuery(statement);
  return { text, values };
}

type OpeningValues = [userId: string, vectorSchema: string, timeout: string, role: string];

function openingValues({ role, userId }: As, vectorSchema: string): OpeningValues {
  return [userId, vectorSchema, STATEMENT_TIMEOUT, role];
}

/** pgvector's operators are found by search path; a schema name is quoted by the server itself. */
function opening([userId, vectorSchema, timeout, role]: OpeningValues, mayBeLost: boolean): SQL {
  return sql`select set_config('app.user_id', ${userId}, true),
    set_config('search_path', 'noctuary, ' || quote_ident(${vectorSchema}), true),
    set_config('statement_timeout', ${timeout}, true), set_config('role', ${role}, true)
    ${mayBeLost ? sql`, set_config('synchronous_commit', 'off', true)` : sql``}`;
}

/** Put together once: that takes longer than to say it, before each of many small statements. */
const openings = [false, true].map((mayBeLost) => {
  const { text } = said(opening(["", "", "", ""], mayBeLost));
  return { text, name: nameOf(text) };
});

function saidOpening(as: As, vectorSchema: string, mayBeLost: boolean): Said {
  return { ...openings[Number(mayBeLost)]!, values: openingValues(as, vectorSchema) };
}
