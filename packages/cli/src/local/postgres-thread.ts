import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { WholeBatchPGlite } from "./whole-batch-pglite.ts";

/** What this thread is started with. */
export interface PostgresThreadInput {
  /** Data folder of the database; created when missing. */
  dataDirectory: string;
  socketPath: string;
}

export type PostgresThreadRequest = { type: "close"; maxWaitMs: number };
export type PostgresThreadReport = { type: "ready" } | { type: "waiting" };

const MAX_CONNECTIONS = 200;

/** Sockets that were just ended take a moment to be gone; nobody needs to hear of that. */
const QUIET_WAIT_MS = 300;

/**
 * A data folder appears whole or not at all: an initdb that was killed half-way is done again. (The folder that is
 * moved into place has been closed; renaming it under an open database would lose its files.)
 */
async function createDataDirectory(dataDirectory: string): Promise<void> {
  const unfinished = `${dataDirectory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  const database = await PGlite.create({ dataDir: unfinished });
  await database.close();
  renameSync(unfinished, dataDirectory);
}

async function waitForClients(server: PGLiteSocketServer, maxWaitMs: number): Promise<void> {
  const startedAt = performance.now();
  let reported = false;
  while (server.getStats().activeConnections > 0) {
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > maxWaitMs) return;
    if (waitedMs > QUIET_WAIT_MS && !reported) {
      reported = true;
      report({ type: "waiting" });
    }
    await delay(10);
  }
}

function report(message: PostgresThreadReport): void {
  parentPort?.postMessage(message);
}

const { dataDirectory, socketPath } = workerData as PostgresThreadInput;
if (!existsSync(dataDirectory)) await createDataDirectory(dataDirectory);

// relaxedDurability would change nothing: on a real folder PGlite writes to files before it answers a commit, so a
// killed process loses nothing. It never calls fsync, so a power cut may lose the last seconds.
const database = new WholeBatchPGlite({
  dataDir: dataDirectory,
  extensions: { vector },
  // Thrown outside of any promise chain, it ends this thread: clients see their connections close instead of waiting.
  onBroken: (error) =>
    setImmediate(() => {
      throw error;
    }),
});
await database.waitReady;
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: MAX_CONNECTIONS });
await server.start();

parentPort?.once("message", async ({ maxWaitMs }: PostgresThreadRequest) => {
  await waitForClients(server, maxWaitMs);
  await server.stop();
  await database.close();
  parentPort?.close();
});
report({ type: "ready" });
