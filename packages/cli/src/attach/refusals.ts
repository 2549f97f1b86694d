import { recordable } from "@noctuary/core/errors";
import { CommandError, EXIT } from "../exit.ts";

/** What the database refuses of an app's table or query, in words; its own message may hold a row. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof CommandError || error instanceof RangeError) return error;
  const { code } = recordable(error);
  const what = REFUSALS[code] ?? (code.startsWith("22") ? REFUSALS["22"] : undefined);
  return what === undefined
    ? error
    : new CommandError(`${what} (${code}). Nothing was changed`, EXIT.failed, { cause: error });
}

const REFUSALS: Record<string, string> = {
  "42501":
    "this login may not read the table, or may not replace noctuary.note: use the login that ran `noctuary migrate`, with select on the app's table",
  "42601": "the query is not one that PostgreSQL understands",
  "42703": "the query names a column that is not there",
  "42P01": "the query names a table that is not there",
  "42P16": "the query's columns have types that a note cannot have",
  "22": "a row cannot be read as a note: its ids, moments or tags are not what their column says",
};
