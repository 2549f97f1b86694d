import type { Context } from "@noctuary/core/context";
import { PgDialect } from "drizzle-orm/pg-core";

/** A context that waits for the test before each statement that it sends within a transaction. */
export function announcingStatements(
  context: Context,
  beforeStatement: (text: string) => Promise<void>,
): Context {
  const { db } = context;
  const dialect = new PgDialect();
  const transaction: typeof db.drizzle.transaction = (work, config) =>
    db.drizzle.transaction((tx) => {
      const execute = (query: Parameters<typeof tx.execute>[0]) => {
        const { sql: text } = dialect.sqlToQuery(query as never);
        const run = async () => {
          await beforeStatement(text);
          return tx.execute(query);
        };
        const answer = run();
        return Object.assign(answer, { execute: () => answer });
      };
      return work(
        new Proxy(tx, {
          get: (target, key) => (key === "execute" ? execute : Reflect.get(target, key, target)),
        }),
      );
    }, config);
  const drizzle = new Proxy(db.drizzle, {
    get: (target, key) => (key === "transaction" ? transaction : Reflect.get(target, key, target)),
  });
  return { ...context, db: { ...db, drizzle } };
}
