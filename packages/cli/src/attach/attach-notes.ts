import { readFileSync } from "node:fs";
import type { Transaction } from "@noctuary/db/database";
import {
  type AppRelation,
  appRelation,
  hiddenTables,
  likelyRelations,
  queryColumns,
} from "@noctuary/db/notes/app-notes";
import {
  type AttachedCounts,
  attachedCounts,
  explainPage,
  newestNotes,
  type ShownNote,
  type WholeScan,
} from "@noctuary/db/notes/attached-notes";
import { attachNotes } from "@noctuary/db/notes/attachment";
import { type BodyFormat, type NoteColumns, noteIndex, noteQuery } from "@noctuary/db/notes/note-query";
import { sql } from "drizzle-orm";
import * as z from "zod";
import { CommandError, UsageError } from "../exit.ts";
import { type ColumnNames, chooseColumns } from "./choose-columns.ts";

export interface AttachRequest {
  /** A table or view of the app. */
  relation?: string;
  /** A file with a query, in its place. */
  queryFile?: string;
  columns: ColumnNames;
  format: BodyFormat;
  timeZone: string;
}

/** What stands in the database of an attachment. */
export const attachedTable = z.object({
  found: z.object({
    relation: z.string().nullable(),
    /** A table's name, or the query in parentheses. */
    from: z.string().optional(),
    columns: z.object({ id: z.object({ name: z.string() }), userId: z.object({ name: z.string() }) }),
  }),
});

export interface AttachReport {
  from: string;
  columns: Record<keyof NoteColumns, string | null>;
  counts: AttachedCounts;
  /** Rows of the app without a user or an id: they are nobody's notes. */
  leftOut: number;
  /** Bodies that are read in part, because they are longer than any note. */
  cut: number;
  shown: ShownNote[];
  plan: string[];
  scans: WholeScan[];
  /** What an administrator of the app should run. */
  indexes: string[];
  warnings: string[];
}

const SHOWN = 10;
const TABLES_NAMED = 10;

/**
 * Makes `noctuary.note` a view over the app's notes, inside the caller's transaction, and looks at what the jobs will see.
 * Whoever finds the report wrong rolls back; in the app's own schema nothing changes.
 *
 * @throws {CommandError} for what must be mended first
 */
export async function attachAppNotes(tx: Transaction, request: AttachRequest): Promise<AttachReport> {
  const { relation, from, columns } = await sourceOf(tx, request);
  const query = noteQuery({ from, columns, format: request.format, timeZone: request.timeZone });
  const warnings = warningsAbout(columns, request.timeZone);
  await attachNotes(
    tx,
    {
      ...request,
      found: { relation: relation?.name ?? null, isTable: relation?.isTable ?? false, from, columns },
    },
    query,
  );
  await refuseHiddenRows(tx);
  const counts = await attachedCounts(tx);
  if (counts.doubles > 0) {
    throw new CommandError(
      `${counts.doubles} notes share user and id with another: ids must be unique once they are text. ` +
        "Where several tables are joined in a query, put a word before the ids of each ('page-' || id)",
    );
  }
  const leftOut = await countRows(
    tx,
    from,
    [columns.userId, columns.id].map(({ name }) => sql`${sql.identifier(name)} is null`),
  );
  if (leftOut > 0) warnings.push(`${leftOut} rows have no user or no id: they are left out.`);
  const body = sql.identifier(columns.body.name);
  const cut = await countRows(tx, from, [sql`octet_length(${body}::text) > 1000000`]);
  if (cut > 0)
    warnings.push(`${cut} bodies are longer than 1,000,000 characters: they are read up to there.`);
  const shown = await newestNotes(tx, SHOWN);
  warnings.push(...formatWarning(shown, request.format));
  const userId = shown[0]?.userId ?? "nobody";
  const { plan, scans } = await explainPage(tx, userId);
  const indexes =
    relation === null
      ? scans.flatMap(({ relation, condition }) =>
          condition === null ? [] : [`create index concurrently on ${relation} ((${condition}) collate "C")`],
        )
      : scans.length === 0
        ? []
        : [noteIndex(relation.name, columns)];
  return {
    from: relation?.name ?? request.queryFile!,
    columns: Object.fromEntries(
      Object.entries(columns).map(([what, column]) => [what, column?.name ?? null]),
    ) as AttachReport["columns"],
    ...{ counts, leftOut, cut, shown, plan, scans, indexes, warnings },
  };
}

async function sourceOf(
  tx: Transaction,
  request: AttachRequest,
): Promise<{ relation: AppRelation | null; from: string; columns: NoteColumns }> {
  if (request.queryFile !== undefined) {
    const query = readQuery(request.queryFile);
    const columns = chooseColumns(await queryColumns(tx, query), request.columns);
    return { relation: null, from: `(${query})`, columns };
  }
  const relation = await appRelation(tx, request.relation!);
  if (relation === null) {
    const others = await likelyRelations(tx, request.relation!, TABLES_NAMED);
    throw new UsageError(
      `there is no table ${request.relation}: ${others.length === 0 ? "this database has none, or this login may use no schema. Is it the right DATABASE_URL?" : `there is ${others.join(", ")}`}`,
    );
  }
  if (relation.name.startsWith("noctuary."))
    throw new UsageError(`${relation.name} is Noctuary's own: name a table of your app`);
  const columns = chooseColumns(relation.columns, request.columns);
  if (relation.isTable) refuseWithoutKey(relation, columns);
  return { relation, from: relation.name, columns };
}

/** A row without a key may be there twice, and then a note is two. */
function refuseWithoutKey({ name, uniqueKeys }: AppRelation, columns: NoteColumns): void {
  const own = new Set([columns.id.name, columns.userId.name]);
  const isUnique = uniqueKeys.some((key) => key.every((column) => own.has(column)));
  if (isUnique) return;
  throw new CommandError(
    `${name} has no primary key or unique index on ${columns.id.name}, so two rows could be one note. ` +
      `Add one (\`alter table ${name} add primary key (${columns.id.name})\`), or say another --id-column`,
  );
}

export function readQuery(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`--query ${file} cannot be read: is it the right file?`, { cause });
  }
  return text.trim().replace(/;\s*$/, "");
}

function warningsAbout(columns: NoteColumns, timeZone: string): string[] {
  const warnings: string[] = [];
  const moments = [columns.createdAt, columns.updatedAt, columns.deletedAt];
  const without = moments.filter((column) => /without time zone$|^date$/.test(column?.type ?? ""));
  if (without.length > 0) {
    const names = [...new Set(without.map((column) => column!.name))].join(", ");
    warnings.push(
      `${names}: without a time zone, read as ${timeZone}. If they are another's, say --time-zone.`,
    );
  }
  if (columns.deletedAt === null)
    warnings.push(
      "No column says that a note is deleted: a row that is gone is deleted, all others are there.",
    );
  return warnings;
}

function formatWarning(shown: ShownNote[], format: BodyFormat): string[] {
  if (format !== "plain") return [];
  const bodies = shown.map(({ body }) => body);
  const isHtml = bodies.filter((body) => /^\s*<(p|div|h[1-6]|ul|ol|html|!doctype|span|br)\b/i.test(body));
  const isJson = bodies.filter((body) => /^\s*[[{]\s*"?(type|root|children|\{)/.test(body));
  if (isHtml.length * 2 > bodies.length)
    return ["These bodies look like HTML: attach them with --format html."];
  if (isJson.length * 2 > bodies.length)
    return ["These bodies look like an editor's JSON: attach them with --format json."];
  return [];
}

/** Row security shows fewer rows and no error, which looks like a user who deleted everything. */
async function refuseHiddenRows(tx: Transaction): Promise<void> {
  const hidden = (await hiddenTables(tx)).filter(({ showsAll }) => !showsAll);
  const [first] = hidden;
  if (first === undefined) return;
  const { rows } = await tx.execute<{ role: string }>(sql`select quote_ident(current_user) as role`);
  const role = rows[0]!.role;
  throw new CommandError(
    `row security of ${first.name} hides rows from ${role}, and a hidden note looks like a deleted one ` +
      `(the table has about ${Math.round(first.estimatedRows)} rows). Attach as the table's owner or a role with BYPASSRLS, or let it read: ` +
      `\`create policy noctuary_reads on ${first.name} for select to ${role} using (true)\``,
  );
}

async function countRows(tx: Transaction, from: string, any: ReturnType<typeof sql>[]): Promise<number> {
  const { rows } = await tx.execute<{ n: number }>(
    sql`select count(*)::int as n from ${sql.raw(from)} n where ${sql.join(any, sql` or `)}`,
  );
  return rows[0]!.n;
}
