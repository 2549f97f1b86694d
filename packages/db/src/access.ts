import { sql } from "drizzle-orm";
import { type Database, type Transaction, vectorType } from "./database.ts";

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

/**
 * Runs `work` in one transaction as `noctuary_user`, for the rows of `userId` only. The only way to a user's data.
 * Role, user and search path are set for the transaction alone, so a transaction pooler may stand in between.
 */
export async function asUser<T>(
  db: Database,
  userId: string,
  work: (tx: UserTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  if (userId === "") throw new TypeError("a user id is never empty");
  return begin(db, { role: "noctuary_user", userId, ...options }, (tx) => work(tx as UserTransaction));
}

/** Runs `work` in one transaction as `noctuary_ledger`. */
export async function asLedger<T>(
  db: Database,
  work: (tx: LedgerTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return begin(db, { role: "noctuary_ledger", userId: "", ...options }, (tx) =>
    work(tx as LedgerTransaction),
  );
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
  {
    role,
    userId,
    mayBeLost = false,
  }: TransactionOptions & { role: "noctuary_user" | "noctuary_ledger"; userId: string },
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const { schema } = await vectorType(db);
  return db.drizzle.transaction(async (tx) => {
    // pgvector's operators are found by search path; a schema name is quoted by the server itself.
    const opened = tx
      .execute(sql`select set_config('app.user_id', ${userId}, true),
      set_config('search_path', 'noctuary, ' || quote_ident(${schema}), true),
      set_config('synchronous_commit', case when ${mayBeLost} then 'off' else current_setting('synchronous_commit') end, true),
      set_config('statement_timeout', ${STATEMENT_TIMEOUT}, true), set_config('role', ${role}, true)`)
      .execute();
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
