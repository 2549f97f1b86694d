import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** A session that does nothing for so long ends: a function's container that was frozen keeps its connection otherwise. */
const IDLE_SESSION_TIMEOUT = "10min";
const SALT_BYTES = 16;

export interface Login {
  name: string;
  password: string;
  /** What it may take on for a transaction. It has no rights of its own. */
  roles: readonly ("noctuary_ledger" | "noctuary_user")[];
}

/**
 * Makes a role that logs in, or gives the one that is there this password and these rights. The server is told the
 * verifier and not the password: statements can end in its log.
 */
export async function ensureLogin(db: Database, { name, password, roles }: Login): Promise<void> {
  const verifier = scramVerifier(password, randomBytes(SALT_BYTES));
  await db.drizzle.transaction(async (tx) => {
    const { rows: found } = await tx.execute(sql`select 1 from pg_roles where rolname = ${name}`);
    const verb = found.length === 0 ? "create" : "alter";
    // Names and passwords are no parameters of these statements: the server itself quotes them.
    const { rows } = await tx.execute<{ statement: string }>(sql`
      select format(${`${verb} role %I login noinherit password %L`}, ${name}::text, ${verifier}::text) as statement
      union all
      select format('alter role %I set idle_session_timeout = %L', ${name}::text, ${IDLE_SESSION_TIMEOUT}::text)
      union all
      select format('grant %I to %I', role, ${name}::text)
      from json_array_elements_text(${JSON.stringify(roles)}::json) as role`);
    for (const { statement } of rows) await tx.execute(sql.raw(statement));
  });
}
