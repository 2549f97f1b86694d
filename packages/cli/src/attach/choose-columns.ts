import { REHASH_DAYS } from "@noctuary/core/nightly-cluster/plan-user";
import type { AppColumn, NoteColumns } from "@noctuary/db/notes/note-query";
import { UsageError } from "../exit.ts";

/** What a person may say about each; `none` where there is no such column. */
export type ColumnNames = Partial<Record<keyof NoteColumns, string>>;

/** What columns are called, as apps, Prisma and Supabase have them; the first that is there is taken. */
const USUAL: Record<keyof NoteColumns, string[]> = {
  id: ["id", "note_id", "uuid"],
  userId: ["user_id", "owner_id", "author_id", "account_id", "profile_id", "created_by", "owner", "author"],
  title: ["title", "name", "subject", "heading"],
  body: ["body", "content", "text", "markdown", "html", "note", "description"],
  tags: ["tags", "labels", "keywords"],
  createdAt: ["created_at", "created", "inserted_at", "created_on"],
  updatedAt: ["updated_at", "updated", "modified_at", "modified", "last_modified", "edited_at"],
  deletedAt: ["deleted_at", "is_deleted", "deleted", "trashed_at", "trashed", "is_trashed"],
  excluded: ["ai_excluded", "exclude_from_ai", "ai_opt_out", "no_ai", "is_private", "private"],
};

const REQUIRED: (keyof NoteColumns)[] = ["id", "userId", "body", "updatedAt"];
/** The plan compares the texts of all notes once in so many days, whatever their times say. */
const ORELSE_CREATED = ` (if it keeps none, that of the creation: then a changed text is found within ${REHASH_DAYS} days)`;

/** How the command line names each. */
export const COLUMN_FLAGS: Record<keyof NoteColumns, string> = {
  id: "--id-column",
  userId: "--user-column",
  title: "--title-column",
  body: "--body-column",
  tags: "--tags-column",
  createdAt: "--created-column",
  updatedAt: "--updated-column",
  deletedAt: "--deleted-column",
  excluded: "--excluded-column",
};

/**
 * Which column holds what: those that were named, and for the others the usual names, however they are written
 * (`userId`, `UserID`, `user_id`).
 *
 * @throws {UsageError} naming what is missing, with the columns that there are
 */
export function chooseColumns(columns: AppColumn[], named: ColumnNames): NoteColumns {
  const choose = (what: keyof NoteColumns): AppColumn | null => {
    const name = named[what];
    if (name === "none") return null;
    if (name !== undefined) {
      const found = columns.find((column) => column.name === name);
      if (found === undefined)
        throw new UsageError(
          `${COLUMN_FLAGS[what]} ${name}: there is no such column, only ${listed(columns)}`,
        );
      return found;
    }
    for (const usual of USUAL[what]) {
      const found = columns.find((column) => plainName(column.name) === plainName(usual));
      if (found !== undefined && fits(what, found)) return found;
    }
    return null;
  };
  const chosen = Object.fromEntries(
    (Object.keys(USUAL) as (keyof NoteColumns)[]).map((what) => [what, choose(what)]),
  ) as Record<keyof NoteColumns, AppColumn | null>;
  for (const what of REQUIRED) {
    if (chosen[what] !== null) continue;
    throw new UsageError(
      `say which column it is with ${COLUMN_FLAGS[what]}${what === "updatedAt" ? ORELSE_CREATED : ""}: there is ${listed(columns)}`,
    );
  }
  return chosen as NoteColumns;
}

/** A guess must also have the type: `deleted` may be a moment or a boolean, `private` nothing but a boolean. */
function fits(what: keyof NoteColumns, { type }: AppColumn): boolean {
  const isMoment = /^(timestamp|date)/.test(type);
  if (what === "createdAt" || what === "updatedAt") return isMoment;
  if (what === "deletedAt") return isMoment || type === "boolean";
  if (what === "excluded") return type === "boolean";
  return true;
}

function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

function listed(columns: AppColumn[]): string {
  return columns.map(({ name }) => name).join(", ");
}
