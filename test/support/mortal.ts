import type { Context } from "@noctuary/core/context";
import type { Database } from "@noctuary/db/database";

/** What a machine that is gone would say, if it could. */
export class MachineDied extends Error {
  override readonly name = "MachineDied";
}

/** Counts what a machine does to the world outside, and takes it away before one of these deeds. */
export interface Mortality {
  deeds: number;
  diesBefore: number;
}

/**
 * A context whose machine dies before its n-th deed: the beginning of a transaction, its end (or both, where it is sent in
 * one piece), a call of the queue, a request to the embedder. From then on nothing it tries has any effect, and what it had
 * not committed is gone.
 */
export function mortal(context: Context, mortality: Mortality): Context {
  const deed = () => {
    mortality.deeds += 1;
    if (mortality.deeds >= mortality.diesBefore) throw new MachineDied();
  };
  return {
    ...context,
    db: mortalDatabase(context.db, deed),
    queue: {
      async send(messages) {
        deed();
        return context.queue.send(messages);
      },
    },
    embedder: {
      ...context.embedder,
      async embed(inputs, options) {
        deed();
        return context.embedder.embed(inputs, options);
      },
    },
  };
}

function mortalDatabase(db: Database, deed: () => void): Database {
  const transaction: Database["drizzle"]["transaction"] = async (work, config) => {
    deed();
    return db.drizzle.transaction(async (tx) => {
      const result = await work(tx);
      deed();
      return result;
    }, config);
  };
  // What is sent in one piece is one deed: nothing lies between its beginning and its end.
  const connect = async () => {
    deed();
    return db.pool.connect();
  };
  return {
    ...db,
    pool: new Proxy(db.pool, {
      get: (target, key) => (key === "connect" ? connect : Reflect.get(target, key, target)),
    }),
    drizzle: new Proxy(db.drizzle, {
      get: (target, key) => (key === "transaction" ? transaction : Reflect.get(target, key, target)),
    }),
  };
}
