import { asUser } from "@noctuary/db/access";
import { clustersOf } from "@noctuary/db/clusters/cluster";
import { type NoteLine, notesOf, type RelatedNote, relatedNotes } from "@noctuary/db/notes/note";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { shownModel } from "../overview.ts";
import { sayCode } from "../render/codes.ts";
import { count } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import { fit, plainTable, type Terminal } from "../terminal.ts";
import { oneOf } from "./runs.ts";

export interface NotesOptions extends GlobalOptions {
  limit?: string;
  failed?: boolean;
}

const RELATED = 10;

/** `noctuary notes [ID|PATH|TITLE] [related]`. */
export async function notes(
  match: string | undefined,
  verb: string | undefined,
  options: NotesOptions,
  terminal: Terminal,
): Promise<number> {
  if (verb !== undefined && verb !== "related")
    throw new UsageError(`notes knows no ${verb}: there is related`);
  const limit = limitOf(options);
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const model = await shownModel(session, userId);
    const { found, clusterName, related } = await asUser(session.db, userId, async (tx) => {
      const names = new Map((await clustersOf(tx, userId)).map((cluster) => [cluster.id, cluster.name]));
      const clusterName = (id: string | null) => (id === null ? "" : (names.get(id) ?? ""));
      if (match === undefined) {
        const listed = await notesOf(tx, model, userId, {
          limit: options.failed === true ? 1_000_000 : limit,
        });
        const found =
          options.failed === true
            ? listed.filter((note) => note.failedCode !== null).slice(0, limit)
            : listed;
        return { found, clusterName, related: null };
      }
      const note = oneOf(await notesOf(tx, model, userId, { match, limit: 2 }), match, "note");
      return { found: [note], clusterName, related: await relatedNotes(tx, model, userId, note.id, RELATED) };
    });
    const named = (note: NoteLine) => ({
      ...note,
      cluster: clusterName(note.clusterId),
      rival: clusterName(note.rivalId),
    });
    if (related === null) {
      terminal.json(found.map(named));
      renderNotes(terminal, found.map(named));
      return EXIT.done;
    }
    const shownRelated = related.map((note) => ({ ...note, cluster: clusterName(note.clusterId) }));
    terminal.json(verb === "related" ? shownRelated : { ...named(found[0]!), related: shownRelated });
    if (verb === undefined) renderNote(terminal, named(found[0]!));
    renderRelated(terminal, shownRelated);
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

type NamedNote = NoteLine & { cluster: string; rival: string };

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

function renderNote(terminal: Terminal, note: NamedNote): void {
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
    const share = `${Math.round((note.confidence ?? 0) * 100)} %`;
    terminal.line(
      `${note.loose === true ? "loosely related to" : "in"} ${style("bold", note.cluster)}, ${share} of its ties are there` +
        (note.rival === "" ? "" : `; next nearest: ${note.rival}`),
    );
  }
}

function renderRelated(terminal: Terminal, related: (RelatedNote & { cluster: string })[]): void {
  if (related.length === 0) {
    terminal.line("no related notes: this note has no vector yet");
    return;
  }
  terminal.line(terminal.style("dim", `${count(related.length, "related note")}, the nearest first`));
  for (const note of related) {
    terminal.line(
      `  ${note.similarity.toFixed(2)}  ${fit(note.title, 50).padEnd(50)}  ${terminal.style("dim", fit(note.cluster, 30))}`,
    );
  }
}
