import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type HomeLock, type HomeOwner, openHomeLock, readOwner } from "./home-lock.ts";
import type { PostgresThreadInput, PostgresThreadReport, PostgresThreadRequest } from "./postgres-thread.ts";
import { createSocketDirectory, removeSocketDirectory, socketPath, socketUrl } from "./socket-directory.ts";

/** An open embedded database. Close your pools before you close it. */
export interface EmbeddedPostgres {
  /** `postgres://` URL of a Unix socket, for pg and libpq: superuser `postgres`, database `postgres`. */
  url: string;
  /** Whether the database runs in this process. It stays while others use it: see `close`. */
  owner: boolean;
  /**
   * The owner waits until the other processes have closed theirs (`maxClientWaitMs` at most, then their connections
   * are cut and open transactions rolled back) and stops the database; anyone else just leaves. Idempotent.
   *
   * @throws {Error} when the database had broken down before.
   */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder that holds the database (`postgres`) and its lock; created, for this account only, when missing. */
  home: string;
  /** Called at most once per kind of wait, so that a person can be told why nothing happens. */
  onWait?: (wait: "for-start" | "for-clients") => void;
  /** How long to wait for a process that holds the home's lock to answer. Default 60 s; a first start takes 3 s. */
  maxStartWaitMs?: number;
  /** How long `close` lets the other processes work on. Default ten minutes: a whole night of theirs. */
  maxClientWaitMs?: number;
}

/**
 * Opens the embedded database of a home folder: PGlite (PostgreSQL 18 with pgvector) on a thread of its own, so that
 * computing never stops it, behind a socket that only this account can reach. One process at a time has the folder
 * open, since two would lose each other's rows without an error; any other one gets the first one's socket. After a
 * process was killed, the next one starts from what was committed.
 *
 * The thread keeps no process alive by itself. All clients share one Postgres session, and transactions run one at a
 * time: a query on a second connection waits while another holds a transaction open.
 *
 * @throws {Error} when the folder cannot be used, the holder of its lock does not answer, or the database does not open.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === "win32") {
    throw new Error(
      "the embedded database needs Unix sockets: run in WSL, or point DATABASE_URL at a Postgres",
    );
  }
  const lock = openHomeLock(options.home);
  try {
    const owner = await acquireOrJoin(lock, options);
    if (owner === undefined) return await startAsOwner(lock, options);
    lock.release();
    return asClient(owner);
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface JoinedOwner {
  url: string;
  /** A connection that says "I am here": the owner does not stop the database while it is open. */
  link: Socket;
}

/** An owner that is open already answers within some milliseconds; nobody needs to hear of that. */
const QUIET_WAIT_MS = 300;

/** Undefined when this process got the lock. */
async function acquireOrJoin(
  lock: HomeLock,
  { home, onWait, maxStartWaitMs = 60_000 }: EmbeddedPostgresOptions,
): Promise<JoinedOwner | undefined> {
  const startedAt = performance.now();
  let told = false;
  while (!lock.tryAcquire()) {
    const owner = readOwner(home);
    const leftMs = maxStartWaitMs - (performance.now() - startedAt);
    const link = owner && leftMs > 0 ? await connectLink(owner, leftMs) : undefined;
    if (owner && link) return { url: socketUrl(owner.socketDirectory), link };
    if (leftMs <= 0) throw notAnswering(home, owner, maxStartWaitMs);
    if (!told && maxStartWaitMs - leftMs > QUIET_WAIT_MS) {
      told = true;
      onWait?.("for-start");
    }
    await delay(20 + Math.random() * 20);
  }
  return undefined;
}

/** An encryption request is the one message that the socket answers without the database, once it counts us. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Undefined when nobody answers there: the owner has not opened the database yet, or is just closing it. */
function connectLink(owner: HomeOwner, maxWaitMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const link = createConnection(socketPath(owner.socketDirectory));
    const settle = (answered: boolean) => {
      link.removeAllListeners().setTimeout(0);
      link.on("error", () => {}); // the owner was killed: the pool's own connections say so
      if (answered) link.unref();
      else link.destroy();
      resolve(answered ? link : undefined);
    };
    link.once("data", () => settle(true));
    link.once("error", () => settle(false));
    link.once("close", () => settle(false)); // the owner stopped between accepting us and reading this
    link.setTimeout(maxWaitMs, () => settle(false));
    link.write(SSL_REQUEST);
  });
}

function notAnswering(home: string, owner: HomeOwner | undefined, waitedMs: number): Error {
  const who = owner ? `process ${owner.pid}, since ${owner.startedAt}` : "another process";
  return new Error(
    `the database in ${home} is in use (${who}) and has not answered for ${Math.round(waitedMs / 1000)} s: ` +
      "let that process finish, or end it, and try again",
  );
}

function asClient({ url, link }: JoinedOwner): EmbeddedPostgres {
  return {
    url,
    owner: false,
    close: async () => {
      link.destroy();
    },
  };
}

async function startAsOwner(
  lock: HomeLock,
  { home, onWait, maxClientWaitMs = 600_000 }: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const killed = readOwner(home); // whoever published this and left no lock behind did not get to clean up
  if (killed) removeSocketDirectory(killed.socketDirectory);
  const directory = createSocketDirectory();
  const removeDirectory = () => removeSocketDirectory(directory);
  process.once("exit", removeDirectory);
  lock.publish({ pid: process.pid, socketDirectory: directory, startedAt: new Date().toISOString() });

  const input: PostgresThreadInput = {
    dataDirectory: join(home, "postgres"),
    socketPath: socketPath(directory),
  };
  const thread = new Worker(new URL("./postgres-thread.ts", import.meta.url), { workerData: input });
  let failure: unknown;
  thread.once("error", (error) => {
    failure = error;
  });
  const ended = new Promise<"ended">((resolve) => {
    thread.once("exit", () => {
      removeDirectory();
      process.removeListener("exit", removeDirectory);
      lock.release(); // last: from here on another process may open the folder
      resolve("ended");
    });
  });
  const ready = new Promise<"ready">((resolve) => thread.once("message", () => resolve("ready")));
  if ((await Promise.race([ready, ended])) === "ended") {
    throw new Error(`the database in ${input.dataDirectory} could not be opened`, { cause: failure });
  }
  thread.on("message", (report: PostgresThreadReport) => {
    if (report.type === "waiting") onWait?.("for-clients");
  });
  thread.unref();
  let closing: Promise<void> | undefined;
  return {
    url: socketUrl(directory),
    owner: true,
    close() {
      closing ??= stop(maxClientWaitMs);
      return closing;
    },
  };

  async function stop(maxWaitMs: number): Promise<void> {
    thread.ref();
    thread.postMessage({ type: "close", maxWaitMs } satisfies PostgresThreadRequest);
    await ended;
    if (failure !== undefined) throw new Error("the embedded database broke down", { cause: failure });
  }
}
