import { mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { recordable } from "@noctuary/core/errors";
import { type ResolvedSettings, resolveSettings, type SettingSource } from "@noctuary/core/settings";
import { asLedger } from "@noctuary/db/access";
import { type Database, openDatabase } from "@noctuary/db/database";
import { migrate, schemaState } from "@noctuary/db/migrate";
import { users } from "@noctuary/db/notes/note";
import { environmentSettings, environmentVariable } from "@noctuary/functions/runtime/environment";
import { CommandError, EXIT, UsageError } from "./exit.ts";
import { openEmbeddedPostgres } from "./local/embedded-postgres.ts";
import type { Terminal } from "./terminal.ts";

/** What every command understands. */
export interface GlobalOptions {
  home?: string;
  json?: boolean;
  user?: string;
}

/** A person's own notes, where nobody asked for another user. */
export const DEFAULT_USER = "me";

/** Everything a command works with: where it is, what was set, the open database, and the person's terminal. */
export interface Session extends ResolvedSettings {
  home: string;
  db: Database;
  databaseUrl: string;
  isEmbedded: boolean;
  terminal: Terminal;
  close(): Promise<void>;
}

export function homeOf(options: GlobalOptions): string {
  return resolve(options.home ?? environmentVariable("NOCTUARY_HOME") ?? join(homedir(), ".noctuary"));
}

/** Settings from `<home>/settings.json`, then the environment, then flags; the later win. */
export function settingsFor(home: string, flags: SettingSource["values"] = {}): ResolvedSettings {
  return resolveSettings([
    fileSettings(join(home, "settings.json")),
    environmentSettings(),
    { origin: "command line", values: flags },
  ]);
}

function fileSettings(path: string): SettingSource {
  const origin = path;
  try {
    const values: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof values !== "object" || values === null || Array.isArray(values)) throw new SyntaxError();
    return { origin, values: values as SettingSource["values"] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { origin, values: {} };
    if (error instanceof SyntaxError) {
      throw new UsageError(`${path} is not a JSON object: mend it or remove it`);
    }
    throw new CommandError(`${path} cannot be read: check its permissions`, undefined, { cause: error });
  }
}

export interface SessionNeeds {
  needsSchema?: boolean;
  embeddedOnly?: boolean;
  /** Settings that the command line itself gives. */
  flags?: SettingSource["values"];
}

/**
 * Opens home and database. The embedded database is brought up to date by the way; on a server that is left to
 * `noctuary migrate`, because a migration there concerns others too. `embeddedOnly` leaves a configured server alone.
 */
export async function openSession(
  options: GlobalOptions,
  terminal: Terminal,
  { needsSchema = true, embeddedOnly = false, flags = {} }: SessionNeeds = {},
): Promise<Session> {
  const home = homeOf(options);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const resolved = settingsFor(home, flags);
  const { databaseCa, databaseConnections: maxConnections } = resolved.settings;
  const databaseUrl = embeddedOnly ? undefined : resolved.settings.databaseUrl;
  const embedded =
    databaseUrl === undefined
      ? await openEmbeddedPostgres({ home, onWait: (wait) => terminal.note(WAITS[wait]) })
      : null;
  const url = embedded?.url ?? databaseUrl!;
  const db = openDatabase({
    url,
    maxConnections,
    ...(databaseCa === undefined ? {} : { certificateAuthority: databaseCa }),
  });
  const close = async () => {
    await db.close();
    await embedded?.close();
  };
  try {
    if (embedded !== null) await migrate(db);
    else if (needsSchema) await requireCurrentSchema(db);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...resolved, home, db, databaseUrl: url, isEmbedded: embedded !== null, terminal, close };
}

const WAITS = {
  "for-start": "waiting for another noctuary that uses this home",
  "for-clients": "another noctuary is still using this database; waiting for it to finish",
} as const;

/**
 * Refuses a server that does not answer as PostgreSQL does: the driver's errors for that carry no code to tell them by.
 *
 * @throws {CommandError}
 */
export async function requireDatabase(db: Database): Promise<void> {
  try {
    (await db.pool.connect()).release();
  } catch (error) {
    if (recordable(error).code !== "unknown") throw error;
    throw new CommandError(
      "the database does not answer, or what answers is none: is it running, and is DATABASE_URL right?",
      EXIT.failed,
      { cause: error },
    );
  }
}

async function requireCurrentSchema(db: Database): Promise<void> {
  await requireDatabase(db);
  const state = await schemaState(db);
  if (state === "empty" || state === "older") {
    throw new CommandError(
      `the database ${state === "empty" ? "has no Noctuary schema yet" : "has an older schema"}: run \`noctuary migrate\``,
    );
  }
  if (state === "newer") {
    throw new CommandError("the database was migrated by a newer version of Noctuary: update this one");
  }
}

/** The user that a command shows: the one asked for, or the only one there is. */
export async function chooseUser({ db }: Pick<Session, "db">, options: GlobalOptions): Promise<string> {
  const known = await asLedger(db, (tx) => users(tx, 20));
  if (options.user !== undefined) {
    if (known.length < 20 && !known.includes(options.user)) {
      throw new UsageError(
        `there is no user ${options.user}${known.length === 0 ? "" : `: there are ${known.join(", ")}`}`,
      );
    }
    return options.user;
  }
  if (known.length === 0) throw new CommandError("there are no notes yet: run `noctuary sync PATH` first");
  if (known.length > 1)
    throw new UsageError(`there are several users (${known.join(", ")}): say which with --user`);
  return known[0]!;
}
