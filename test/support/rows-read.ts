import type { LedgerTransaction, UserTransaction } from "@noctuary/db/access";
import { sql } from "drizzle-orm";

/** How many rows of a table some work in a transaction reads, under whatever plan. On a server only. */
export async function rowsRead(
  tx: LedgerTransaction | UserTransaction,
  table: string,
  work: () => Promise<unknown>,
): Promise<number> {
  const read = async () => {
    const { rows } = await tx.execute<{ read: number }>(sql`
      select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables
      where schemaname = 'noctuary' and relname = ${table}`);
    return rows[0]!.read;
  };
  const before = await read();
  await work();
  return (await read()) - before;
}
