import { recordable } from "@noctuary/core/errors";
import { asLedger, asUser } from "@noctuary/db/access";
import { users } from "@noctuary/db/notes/note";
import { sourcesOf } from "@noctuary/db/notes/source";
import type { Session } from "../session.ts";
import { type SyncResult, syncSource } from "../sync-source.ts";
import { SourceError } from "../vault/source-note.ts";

const MOST_USERS = 100_000;

export interface SyncedSource {
  path: string;
  /** null where the source could not be read at all: its notes stay as they are. */
  result: SyncResult | null;
  problem: string | null;
}

/** Reads every folder and file that was ever synced once more, each once. One that fails does not stop the others. */
export async function syncAllSources(session: Session): Promise<SyncedSource[]> {
  const synced = new Map<string, SyncedSource>();
  for (const userId of await asLedger(session.db, (tx) => users(tx, MOST_USERS))) {
    for (const { path } of await asUser(session.db, userId, (tx) => sourcesOf(tx, userId))) {
      if (!synced.has(path)) synced.set(path, await syncOne(session, path, userId));
    }
  }
  return [...synced.values()];
}

async function syncOne(session: Session, path: string, userId: string): Promise<SyncedSource> {
  try {
    return { path, result: await syncSource(session, { path, userId }), problem: null };
  } catch (error) {
    const problem = error instanceof SourceError ? error.message : recordable(error).code;
    return { path, result: null, problem };
  }
}
