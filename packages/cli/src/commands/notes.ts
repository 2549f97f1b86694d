import { asUser } from "@noctuary/db/access";
import { clustersOf } from "@noctuary/db/clusters/cluster";
import { notesOf } from "@noctuary/db/notes/note";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { type ExplainedNote, explainNote, type NamedNote, type NearNote, named } from "../explain-note.ts";
import { shownModel } from "../overview.ts";
import { sayCode } from "../render/codes.ts";
import { renderPlace } from "../render/place.ts";
import { count } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import { fit, plainTable, type Terminal } from "../terminal.ts";
import { editNote } from "./edit-cluster.ts";
import { oneOf } from "./runs.ts";

export interface NotesOptions extends GlobalOptions {
  limit?: string;
  failed?: boolean;
}

/** `noctuary notes [ID|PATH|TITLE] [related | move CLUSTER | not-here [CLUSTER]]`. */
export async function notes(
  match: string | undefined,
  verb: string | undefined,
  words: string[],
  options: NotesOptions,
  terminal: Terminal,
): Promise<number> {
  if (match !== undefined && (verb === "move" || verb === "not-here"))
    return editNote(match, verb, words, options, terminal);
  if (verb !== undefined && verb !== "related")
    throw new UsageError(`notes knows no ${verb}: there are related, move and not-here`);
  const limit = limitOf(options);
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const model = await shownModel(session, userId);
    await asUser(session.db, userId, async (tx) => {
      const clusters = new Map((await clustersOf(tx, userId)).map((cluster) => [cluster.id, cluster]));
      if (match === undefined) {
        const read = options.failed === true ? 1_000_000 : limit;
        const listed = (await notesOf(tx, model, userId, { limit: read }))
          .filter((note) => options.failed !== true || note.failedCode !== null)
          .slice(0, limit)
          .map((note) => named(note, clusters));
        terminal.json(listed);
        if (options.failed === true && listed.length === 0) terminal.line("No note failed.");
        else renderNotes(terminal, listed);
        return;
      }
      const note = oneOf(await notesOf(tx, model, userId, { match, limit: 2 }), match, "note");
      const explained = await explainNote(tx, model, userId, note, clusters);
      terminal.json(verb === "related" ? explained.related : explained);
      if (verb === undefined) renderNote(terminal, explained);
      renderRelated(terminal, explained.related);
    });
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function limitOf({ limit = "50" }: NotesOptions): number {
  const value = Number(limit);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--limit ${limit}: write a whole number above 0`);
  return value;
}

function renderNotes(terminal: Terminal, list: NamedNote[]): void {
  if (list.length === 0) {
    terminal.line("No notes. `noctuary sync PATH` reads some.");
    return;
  }
  const table = new Table(plainTable(["note", "written", "title", "topic"]));
  for (const note of list) {
    table.push([
      note.id.slice(0, 8),
      note.createdAt.toISOString().slice(0, 10),
      fit(note.title, 48),
      fit(note.aiExcluded ? "(kept out)" : (note.failedCode ?? note.cluster), 30),
    ]);
  }
  terminal.line(table.toString());
}

function renderNote(terminal: Terminal, note: ExplainedNote): void {
  const { style } = terminal;
  terminal.line(style("bold", note.title));
  terminal.line(
    style(
      "dim",
      [note.id.slice(0, 8), note.path, note.createdAt.toISOString().slice(0, 10)].filter(Boolean).join(" · "),
    ),
  );
  if (note.aiExcluded) terminal.line("kept out of everything (ai: false)");
  else if (note.failedCode !== null) terminal.line(`not embedded: ${sayCode(note.failedCode)}`);
  else if (note.cluster === "") terminal.line("not clustered yet: `noctuary run nightly-cluster`");
  else {
    renderPlace(terminal, note);
  }
}

/** The mark of a note that is near and not linked from this one. */
const UNLINKED = "+";

function renderRelated(terminal: Terminal, related: NearNote[]): void {
  if (related.length === 0) {
    terminal.line("no related notes: this note has no vector yet");
    return;
  }
  const unlinked = related.filter(({ linked }) => !linked).length;
  terminal.line(
    terminal.style(
      "dim",
      `${count(related.length, "related note")}, the nearest first; ${UNLINKED} ${unlinked} not linked from here yet`,
    ),
  );
  for (const note of related) {
    const mark = note.linked ? " " : UNLINKED;
    terminal.line(
      `${mark} ${note.similarity.toFixed(2)}  ${fit(note.title, 50).padEnd(50)}  ${terminal.style("dim", fit(note.cluster, 30))}`,
    );
  }
}
