import { asLedger } from "@noctuary/db/access";
import { areNotesThere } from "@noctuary/db/notes/attachment";
import type { Context } from "../context.ts";
import { PermanentError, recordable } from "../errors.ts";

const UNKNOWN_TABLE = "42P01";

/**
 * What to record for a failure that has a known cause behind it: a migration of the app that took the view of its notes
 * away while a run was at work. No further try can mend that, and the code says what to do.
 */
export async function explainFailure({ db }: Pick<Context, "db">, error: unknown): Promise<unknown> {
  if (error instanceof PermanentError || recordable(error).code !== UNKNOWN_TABLE) return error;
  if (await asLedger(db, areNotesThere)) return error;
  return new PermanentError("notes_unreadable", "the view noctuary.note is gone", { cause: error });
}
