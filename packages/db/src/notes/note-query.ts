import pg from "pg";

/**
 * The query that makes an app's table the view `noctuary.note`. It is text, because a view's definition takes no
 * parameters: every name and literal in it is quoted by the driver.
 */

const { escapeIdentifier, escapeLiteral } = pg;

export interface AppColumn {
  name: string;
  /** As `format_type` prints it. */
  type: string;
  isNullable: boolean;
}

/** What of a note stands in which column; null where the app has no such column. */
export interface NoteColumns {
  id: AppColumn;
  userId: AppColumn;
  title: AppColumn | null;
  body: AppColumn;
  tags: AppColumn | null;
  createdAt: AppColumn | null;
  updatedAt: AppColumn;
  deletedAt: AppColumn | null;
  excluded: AppColumn | null;
}

export const BODY_FORMATS = ["plain", "html", "json"] as const;
export type BodyFormat = (typeof BODY_FORMATS)[number];

export interface NoteQuery {
  /** A table's quoted name, or a query in parentheses. */
  from: string;
  columns: NoteColumns;
  format: BodyFormat;
  /** What a timestamp without a time zone is read in. */
  timeZone: string;
}

/** A longer body is read up to here, and `attach` says how many there are: fifty megabytes are no note. */
export const MAX_BODY_CHARACTERS = 1_000_000;

/** The columns and types of `noctuary.note`, whatever the app's are. @throws {RangeError} for a type that cannot be read */
export function noteQuery({ from, columns, format, timeZone }: NoteQuery): string {
  const instant = (column: AppColumn | null) => instantOf(column, timeZone);
  const updatedAt = instant(columns.updatedAt);
  const createdAt =
    columns.createdAt === null ? updatedAt : `coalesce(${instant(columns.createdAt)}, ${updatedAt})`;
  const changed = `coalesce(${updatedAt}, ${instant(columns.createdAt)}, 'epoch'::timestamptz)`;
  const user = idOf(columns.userId);
  const isPresent = [columns.id, columns.userId]
    .filter(({ isNullable }) => isNullable)
    .map(({ name }) => ` and n.${escapeIdentifier(name)} is not null`);
  return `select ${idOf(columns.id)} as id,
  ${user} as user_id,
  ${columns.title === null ? "''::text" : `coalesce(n.${escapeIdentifier(columns.title.name)}::text, '')`} as title,
  ${bodyOf(columns.body, format)} as body,
  ${tagsOf(columns.tags)} as tags,
  coalesce(${createdAt}, 'epoch'::timestamptz) as created_at,
  ${changed} as updated_at,
  ${deletedOf(columns.deletedAt, changed, timeZone)} as deleted_at,
  ${excludedOf(columns.excluded)} as ai_excluded
from ${from} n
where ((select noctuary.sees_all_users()) or ${user} = (select noctuary.seen_user_id()))${isPresent.join("")}`;
}

/** The index that a user's reads want. Its further columns let the plan read unchanged notes from the index alone. */
export function noteIndex(relation: string, columns: NoteColumns): string {
  const keys = [columns.userId, columns.id].map(
    ({ name }) => `(${escapeIdentifier(name)}::text collate "C")`,
  );
  const read = [
    ...new Set(
      [columns.userId, columns.id, columns.updatedAt, columns.createdAt, columns.deletedAt, columns.excluded]
        .filter((column) => column !== null)
        .map(({ name }) => escapeIdentifier(name)),
    ),
  ];
  return `create index concurrently noctuary_note on ${relation} (${keys.join(", ")}) include (${read.join(", ")})`;
}

function idOf({ name }: AppColumn): string {
  return `(n.${escapeIdentifier(name)}::text collate "C")`;
}

function bodyOf({ name, type }: AppColumn, format: BodyFormat): string {
  const body = `n.${escapeIdentifier(name)}::text`;
  if (format === "html") return `noctuary.html_text(left(${body}, ${MAX_BODY_CHARACTERS}))`;
  if (format === "json" || type === "json" || type === "jsonb")
    return `left(noctuary.rich_text(${body}), ${MAX_BODY_CHARACTERS})`;
  return `coalesce(left(${body}, ${MAX_BODY_CHARACTERS}), '')`;
}

function tagsOf(column: AppColumn | null): string {
  if (column === null) return "'{}'::text[]";
  const tags = `n.${escapeIdentifier(column.name)}`;
  if (column.type.endsWith("[]")) return `coalesce(${tags}::text[], '{}')`;
  if (column.type === "json" || column.type === "jsonb") return `noctuary.json_tags(${tags}::jsonb)`;
  return `array_remove(regexp_split_to_array(btrim(coalesce(${tags}::text, '')), '\\s*,\\s*'), '')`;
}

function instantOf(column: AppColumn | null, timeZone: string): string {
  if (column === null) return "null::timestamptz";
  const value = `n.${escapeIdentifier(column.name)}`;
  if (/^timestamp(\(\d\))? with time zone$/.test(column.type)) return `${value}::timestamptz`;
  if (/^timestamp(\(\d\))? without time zone$|^date$/.test(column.type))
    return `(${value}::timestamp at time zone ${escapeLiteral(timeZone)})`;
  throw new RangeError(
    `${column.name} is ${column.type}: a moment must be a timestamp or a date. Make it one in a query, and attach that with --query`,
  );
}

function deletedOf(column: AppColumn | null, changed: string, timeZone: string): string {
  if (column?.type !== "boolean") return instantOf(column, timeZone);
  return `case when n.${escapeIdentifier(column.name)} then ${changed} end`;
}

function excludedOf(column: AppColumn | null): string {
  if (column === null) return "false";
  if (column.type !== "boolean")
    throw new RangeError(`${column.name} is ${column.type}: what keeps a note out must be a boolean`);
  return `coalesce(n.${escapeIdentifier(column.name)}, false)`;
}
