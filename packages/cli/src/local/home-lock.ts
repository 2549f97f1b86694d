import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";

/** Who has the database of a home folder open, and where it answers. Lives in `<home>/lock.json`. */
export interface HomeOwner {
  pid: number;
  /** Folder of the socket `.s.PGSQL.5432`. Nothing answers there until the database is open. */
  socketDirectory: string;
  /** ISO 8601, UTC. */
  startedAt: string;
}

const homeOwner = z.object({
  pid: z.int().positive(),
  socketDirectory: z.string().min(1),
  startedAt: z.string(),
}) satisfies z.ZodType<HomeOwner>;

const SQLITE_BUSY = 5;

/**
 * The right to open a home's database: one holder at a time, over all processes and threads.
 *
 * The kernel holds it (a file lock, taken through SQLite because Node has no flock), not a process id in a file: it
 * goes with its holder however that ends, a reused id or one from another container never looks like the holder, and
 * no two processes can find it stale at once. Nothing in this process may open `<home>/lock` but SQLite: closing any
 * other descriptor of a file drops POSIX locks on it.
 */
export interface HomeLock {
  /** True when this process now holds the lock, false when another does. Never waits. */
  tryAcquire(): boolean;
  /** Says who holds the lock. Only the holder may call it. */
  publish(owner: HomeOwner): void;
  /** Idempotent; takes the published owner away first when held. */
  release(): void;
}

/** @throws {Error} when the folder cannot be created or written to. */
export function openHomeLock(home: string): HomeLock {
  let database: DatabaseSync | undefined;
  let held = false;
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(home, "lock"));
    database.exec("pragma busy_timeout = 0");
  } catch (cause) {
    database?.close();
    throw new Error(`cannot write to the home folder ${home}: choose another with --home`, { cause });
  }
  return {
    tryAcquire() {
      held ||= acquired(database, home);
      return held;
    },
    publish: (owner) => writeOwner(home, owner),
    release() {
      if (!database.isOpen) return;
      if (held) rmSync(join(home, "lock.json"), { force: true });
      held = false;
      database.close();
    },
  };
}

function acquired(database: DatabaseSync, home: string): boolean {
  try {
    database.exec("begin exclusive");
    return true;
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw new Error(`cannot lock the home folder ${home}: it must be on a local disk and writable`, {
      cause,
    });
  }
}

/**
 * What the last owner published. It may have been killed since, so only the lock says whether it still lives.
 * Undefined when nothing was published, or nothing readable.
 */
export function readOwner(home: string): HomeOwner | undefined {
  try {
    return homeOwner.parse(JSON.parse(readFileSync(join(home, "lock.json"), "utf8")));
  } catch {
    return undefined;
  }
}

/** Renamed into place, so that a reader finds the old text or the new, never half of one. */
function writeOwner(home: string, owner: HomeOwner): void {
  const path = join(home, "lock.json");
  writeFileSync(`${path}.new`, `${JSON.stringify(owner, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
