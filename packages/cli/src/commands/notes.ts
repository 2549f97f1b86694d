import { sharedPhrases } from "@noctuary/core/text/shared-phrases";
import { asUser, type UserTransaction } from "@noctuary/db/access";
import { type Cluster, clustersOf } from "@noctuary/db/clusters/cluster";
import { type NoteLine, noteBody, notesOf, type RelatedNote, relatedNotes } from "@noctuary/db/notes/note";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { shownModel } from "../overview.ts";
import { sayCode } from "../render/codes.ts";
import { joinFitting } from "../render/join-fitting.ts";
import { count } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import { fit, plainTable, type Terminal } from "../terminal.ts";
import { linkedFrom } from "../vault/linked-notes.ts";
import { editNote } from "./edit-cluster.ts";
import { oneOf } from "./runs.ts";

export interface NotesOptions extends GlobalOptions {
  limit?: string;
  failed?: boolean;
}

const RELATED = 10;
const LEANS_ON = 3;

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
        renderNotes(terminal, listed);
        return;
      }
      const note = oneOf(await notesOf(tx, model, userId, { match, limit: 2 }), match, "note");
      const explained = await explain(tx, model, userId, note, clusters);
      terminal.json(verb === "related" ? explained.related : explained);
      if (verb === undefined) renderNote(terminal, explained);
      renderRelated(terminal, explained.related);
    });
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function named(note: NoteLine, clusters: Map<string, Cluster>): NamedNote {
  const nameOf = (id: string | null) => clusters.get(id ?? "")?.name ?? "";
  return { ...note, cluster: nameOf(note.clusterId), rival: nameOf(note.rivalId) };
}

/** Where a note stands, and why there: what it shares with its topic, whom it leans on, and who else is near. */
async function explain(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  note: NoteLine,
  clusters: Map<string, Cluster>,
): Promise<ExplainedNote> {
  const { clusterId } = note;
  const body = await noteBody(tx, userId, note.id);
  const isLinked = linkedFrom({ path: note.path, body });
  const related = await relatedNotes(tx, model, userId, note.id, { limit: RELATED });
  const leansOn =
    clusterId === null ? [] : await relatedNotes(tx, model, userId, note.id, { limit: LEANS_ON, clusterId });
  return {
    ...named(note, clusters),
    phrases: sharedPhrases(clusters.get(clusterId ?? "")?.keyphrases ?? [], `${note.title}\n${body}`),
    leansOn: leansOn.map(({ id, title, path, similarity }) => ({ id, title, path, similarity })),
    related: related.map((other) => ({
      ...other,
      cluster: clusters.get(other.clusterId ?? "")?.name ?? "",
      linked: isLinked(other),
    })),
  };
}

function limitOf({ limit = "50" }: NotesOptions): number {
  const value = Number(limit);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--limit ${limit}: write a whole number above 0`);
  return value;
}

type NamedNote = NoteLine & { cluster: string; rival: string };
type NearNote = RelatedNote & { cluster: string; linked: boolean };

interface ExplainedNote extends NamedNote {
  /** Phrases of its topic that it holds. */
  phrases: string[];
  /** The nearest notes of its topic. */
  leansOn: Pick<RelatedNote, "id" | "title" | "path" | "similarity">[];
  related: NearNote[];
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

function renderPlace({ line, style, width }: Terminal, note: ExplainedNote): void {
  const rival = note.rival === "" ? "" : `; next nearest: ${note.rival}`;
  const share = `${Math.round((note.confidence ?? 0) * 100)} % likely to stay`;
  const how = note.placedBy === "user" ? "where you put it" : share;
  line(`${note.loose === true ? "loosely related to" : "in"} ${style("bold", note.cluster)}, ${how}${rival}`);
  if (note.phrases.length > 0) line(`shares with it: ${note.phrases.join(", ")}`);
  const leansOn = "leans on: ";
  if (note.leansOn.length > 0)
    line(
      `${leansOn}${joinFitting(
        note.leansOn.map(({ title }) => title),
        width - leansOn.length,
      )}`,
    );
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
