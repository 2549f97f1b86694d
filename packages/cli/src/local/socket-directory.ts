import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** The file name that Postgres clients look for in a socket folder: it carries the port. */
const SOCKET_NAME = ".s.PGSQL.5432";
const PREFIX = "noctuary-";

/** Bytes that fit into a socket's address on macOS (104 with the final zero); Linux has four more. */
const MAX_SOCKET_PATH_BYTES = 103;

/**
 * A fresh folder for the database's socket that no other account can enter (mkdtemp makes it 0700).
 *
 * Not in the home folder, whose path may be longer than a socket's address, and not TCP: any account on the machine
 * can connect to a loopback port, and PGlite checks no password.
 */
export function createSocketDirectory(): string {
  const longest = socketPath(join(tmpdir(), `${PREFIX}XXXXXX`));
  return mkdtempSync(join(Buffer.byteLength(longest) > MAX_SOCKET_PATH_BYTES ? "/tmp" : tmpdir(), PREFIX));
}

export function socketPath(directory: string): string {
  return join(directory, SOCKET_NAME);
}

/** The form that both pg and libpq take. The port and sslmode keep PGPORT and PGSSLMODE from meddling. */
export function socketUrl(directory: string): string {
  return `postgres://postgres@${encodeURIComponent(directory)}:5432/postgres?sslmode=disable`;
}

/**
 * Takes away the socket and its folder, nothing else: the name may come from a file that anything may have written.
 * What cannot be removed stays; it is an empty folder at worst.
 */
export function removeSocketDirectory(directory: string): void {
  if (!basename(directory).startsWith(PREFIX)) return;
  try {
    rmSync(socketPath(directory), { force: true });
    rmdirSync(directory);
  } catch {}
}
