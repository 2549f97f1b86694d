import type { Database } from "@noctuary/db/database";
import { attachmentOf, detachNotes } from "@noctuary/db/notes/attachment";
import { BODY_FORMATS, type BodyFormat } from "@noctuary/db/notes/note-query";
import { sql } from "drizzle-orm";
import { type AttachReport, type AttachRequest, attachAppNotes } from "../attach/attach-notes.ts";
import { refusalOf } from "../attach/refusals.ts";
import { EXIT, UsageError } from "../exit.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession } from "../session.ts";
import { fit, type Terminal } from "../terminal.ts";

export interface AttachOptions extends GlobalOptions {
  query?: string;
  check?: boolean;
  replace?: boolean;
  format?: string;
  timeZone?: string;
  idColumn?: string;
  userColumn?: string;
  titleColumn?: string;
  bodyColumn?: string;
  tagsColumn?: string;
  createdColumn?: string;
  updatedColumn?: string;
  deletedColumn?: string;
  excludedColumn?: string;
}

/** Ends the transaction of `--check` without a trace. */
class CheckedOnly extends Error {
  readonly report: AttachReport;
  constructor(report: AttachReport) {
    super("checked only");
    this.report = report;
  }
}

/** `noctuary attach TABLE`: the jobs read the app's notes from now on. */
export async function attach(
  relation: string | undefined,
  options: AttachOptions,
  terminal: Terminal,
): Promise<number> {
  const request = requestOf(relation, options);
  const session = await openSession(options, terminal);
  try {
    if (options.replace !== true && options.check !== true) await refuseOwnNotes(session.db);
    const report = await attachOrCheck(session.db, request, options.check === true);
    terminal.json({ attached: options.check !== true, ...report });
    render(terminal, report, options.check === true);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** `noctuary detach`: the jobs read Noctuary's own table again. */
export async function detach(options: GlobalOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const was = await session.db.drizzle.transaction(async (tx) => {
      const was = await attachmentOf(tx);
      await detachNotes(tx);
      return was;
    });
    terminal.json({ detached: was !== null });
    terminal.line(
      was === null
        ? "Nothing was attached: the jobs read the notes that `noctuary sync` put here."
        : "Detached: the app's notes are no longer read. What was made of them stays until they are attached again, or for seven nights; `noctuary uninstall` removes it now.",
    );
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function requestOf(relation: string | undefined, options: AttachOptions): AttachRequest {
  if ((relation === undefined) === (options.query === undefined))
    throw new UsageError(
      "name a table, `noctuary attach public.notes`, or a file with a query, --query notes.sql",
    );
  const format = (options.format ?? "plain") as BodyFormat;
  if (!BODY_FORMATS.includes(format))
    throw new UsageError(`--format ${options.format}: there is ${BODY_FORMATS.join(", ")}`);
  const timeZone = options.timeZone ?? "UTC";
  if (!isTimeZone(timeZone))
    throw new UsageError(`--time-zone ${timeZone}: write an IANA name (Europe/Berlin)`);
  const named = {
    id: options.idColumn,
    userId: options.userColumn,
    title: options.titleColumn,
    body: options.bodyColumn,
    tags: options.tagsColumn,
    createdAt: options.createdColumn,
    updatedAt: options.updatedColumn,
    deletedAt: options.deletedColumn,
    excluded: options.excludedColumn,
  };
  const columns = Object.fromEntries(Object.entries(named).filter(([, name]) => name !== undefined));
  return {
    ...(relation === undefined ? { queryFile: options.query! } : { relation }),
    columns,
    format,
    timeZone,
  };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

async function attachOrCheck(db: Database, request: AttachRequest, isCheck: boolean): Promise<AttachReport> {
  try {
    return await db.drizzle.transaction(async (tx) => {
      const report = await attachAppNotes(tx, request);
      if (isCheck) throw new CheckedOnly(report);
      return report;
    });
  } catch (error) {
    if (error instanceof CheckedOnly) return error.report;
    throw refusalOf(error);
  }
}

async function refuseOwnNotes(db: Database): Promise<void> {
  const { rows } = await db.drizzle.execute<{ notes: number }>(sql`
    select count(*)::int as notes from noctuary.own_note where not exists (select from noctuary.attachment)`);
  const notes = rows[0]!.notes;
  if (notes === 0) return;
  throw new UsageError(
    `${count(notes, "note")} were synced into Noctuary's own table and would be read no more: say --replace, or use another database`,
  );
}

function render(terminal: Terminal, report: AttachReport, isCheck: boolean): void {
  const { style } = terminal;
  const { counts, columns, shown, scans, indexes, warnings, plan } = report;
  const taken = Object.entries(columns).map(([what, name]) => `${what} ${name ?? style("dim", "none")}`);
  terminal.line(`${report.from}: ${taken.join(", ")}`);
  terminal.line(
    `${count(counts.notes, "note")} of ${count(counts.users, "user")}, ${counts.deleted} deleted, ${counts.excluded} excluded.`,
  );
  if (counts.notes === 0) terminal.line("There are no notes yet, and nothing hides any: an empty app.");
  terminal.line();
  for (const { userId, title, body, tags, isDeleted, aiExcluded } of shown) {
    const marks = [isDeleted ? "deleted" : "", aiExcluded ? "excluded" : "", ...tags.map((tag) => `#${tag}`)];
    const text = `${title === "" ? "(no title)" : title}: ${body.replaceAll(/\s+/g, " ")}`;
    terminal.line(
      `  ${style("dim", fit(userId, 12).padEnd(12))} ${fit(text, terminal.width - 30)} ${marks.join(" ").trim()}`,
    );
  }
  terminal.line();
  for (const warning of warnings) terminal.line(style("yellow", warning));
  if (scans.length === 0) {
    terminal.line("Each user's notes are found by index.");
    for (const line of isCheck ? plan : []) terminal.line(style("dim", `    ${line}`));
  } else {
    terminal.line(
      style(
        "yellow",
        `No index finds one user's notes: ${scans.map(({ relation }) => relation).join(", ")} would be read whole for each user.`,
      ),
    );
    for (const line of plan) terminal.line(style("dim", `    ${line}`));
    for (const index of indexes) terminal.line(`  ${index};`);
    if (indexes.length === 0)
      terminal.line("  Put an index on what the query joins by and on the user's column.");
  }
  terminal.line(
    isCheck
      ? "Only looked at: nothing was changed."
      : "Attached. Nothing in the app's own schema was changed. Next: `noctuary run nightly-cluster --dry-run`",
  );
}
