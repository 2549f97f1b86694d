import pg from "pg";

/**
 * A client that does not wait for the answer to `begin`, so that a transaction's first statement is sent with it. Where a
 * `begin` is refused the connection is of no use, and what was sent behind it fails as well.
 */
export class EagerClient extends pg.Client {
  override query = ((...args: Parameters<pg.Client["query"]>) => {
    const answer: unknown = super.query(...args);
    const [query] = args as unknown[];
    if ((query as { text?: unknown }).text !== "begin") return answer;
    (answer as Promise<unknown>).catch(() => {});
    return Promise.resolve({ command: "BEGIN", rowCount: null, oid: 0, rows: [], fields: [] });
  }) as pg.Client["query"];
}
