import { existsSync } from "node:fs";
import { openEmbeddedPostgres } from "@noctuary/cli/local/embedded-postgres";
import pg from "pg";

/**
 * A process that opens the database of the home folder in its argument and does what its parent asks of it.
 * See `start-database-process.ts` for the parent's side.
 */
export type Request =
  | { kind: "query"; text: string; values?: unknown[] }
  /** Computes without a pause until the file exists. */
  | { kind: "computeUntil"; path: string }
  /** Comes to its end without closing the database. */
  | { kind: "forget" }
  | { kind: "close" };

export type Report =
  | { kind: "opened"; owner: boolean; url: string }
  | { kind: "waiting"; for: string }
  | { kind: "rows"; rows: unknown[] }
  | { kind: "computing" }
  | { kind: "done" }
  | { kind: "failed"; message: string };

const report = (message: Report) => process.send?.(message);

const database = await openEmbeddedPostgres({
  home: process.argv[2]!,
  onWait: (wait) => report({ kind: "waiting", for: wait }),
});
const client = new pg.Client({ connectionString: database.url });
client.on("error", () => {}); // the owner was killed; the next query fails
await client.connect();

process.on("message", async (request: Request) => {
  try {
    if (request.kind === "query") {
      report({ kind: "rows", rows: (await client.query(request.text, request.values)).rows });
    } else if (request.kind === "computeUntil") {
      process.send?.({ kind: "computing" } satisfies Report, undefined, {}, () => {
        while (!existsSync(request.path));
        report({ kind: "done" });
      });
    } else if (request.kind === "forget") {
      await client.end();
      process.disconnect();
    } else {
      await client.end();
      await database.close();
      report({ kind: "done" });
      process.disconnect();
    }
  } catch (error) {
    report({ kind: "failed", message: String(error) });
  }
});
report({ kind: "opened", owner: database.owner, url: database.url });
