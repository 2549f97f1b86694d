import { asUser } from "@noctuary/db/access";
import { type Cluster, type ClusterEventRow, clusterEvents } from "@noctuary/db/clusters/cluster";
import { type ClusterNote, clusterNotes } from "@noctuary/db/notes/note";
import { EXIT, UsageError } from "../exit.ts";
import { shownModel } from "../overview.ts";
import { renderHistory } from "../render/history.ts";
import { sentenceFor } from "../render/sentences.ts";
import { count, dateLine } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import { fit, type Terminal } from "../terminal.ts";
import { listEdits, undoEdit } from "./cluster-edits.ts";
import { CLUSTER_VERBS, editCluster } from "./edit-cluster.ts";
import { findCluster } from "./find-cluster.ts";
import { morningPage } from "./morning-page.ts";

const NOTES_SHOWN = 10_000;

export interface ClustersOptions extends GlobalOptions {
  history?: boolean;
}

/** In the place of an id: edits of all clusters. */
const ALL_EDITS = "edits";

/** `noctuary clusters [ID] [VERB] [WORDS...]`; without an id it is this morning's page with every topic. */
export async function clusters(
  id: string | undefined,
  verb: string | undefined,
  words: string[],
  options: ClustersOptions,
  terminal: Terminal,
): Promise<number> {
  const about = id === ALL_EDITS ? undefined : id;
  if (verb === "edits" || (id === ALL_EDITS && verb === undefined))
    return listEdits(about, options, terminal);
  if (verb === "undo") return undoEdit(about, words[0], options, terminal);
  if (verb === undefined)
    return id === undefined
      ? morningPage(options, terminal, { everyTopic: true })
      : showCluster(id, options, terminal);
  const known = CLUSTER_VERBS.find((one) => one === verb);
  if (known === undefined || about === undefined)
    throw new UsageError(`clusters knows no ${verb}: there are ${CLUSTER_VERBS.join(", ")}, edits and undo`);
  return editCluster(about, known, words, options, terminal);
}

async function showCluster(id: string, options: ClustersOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const model = await shownModel(session, userId);
    const shown = await asUser(session.db, userId, async (tx) => {
      const { all, cluster } = await findCluster(tx, userId, id);
      const notes = await clusterNotes(tx, model, userId, {
        clusterId: cluster.id,
        perCluster: NOTES_SHOWN,
      });
      return { all, cluster, notes, events: await clusterEvents(tx, userId, { clusterId: cluster.id }) };
    });
    if (options.history === true) showHistory(terminal, shown);
    else {
      terminal.json(clusterJson(shown));
      renderCluster(terminal, shown);
    }
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function showHistory(terminal: Terminal, { all, cluster, events }: ShownCluster): void {
  const { id, name } = cluster;
  terminal.json({ id, name, bornAt: cluster.bornAt, retiredAt: cluster.retiredAt, events });
  const nameOf = new Map(all.map((c) => [c.id, c.name]));
  terminal.line(
    `${terminal.style("bold", name === "" ? "(a retired cluster)" : name)} ${terminal.style("dim", `${cluster.level} · ${count(cluster.size, "note")} · ${id.slice(0, 8)}`)}`,
  );
  renderHistory(terminal, id, events, (other) => nameOf.get(other) ?? "");
}

interface ShownCluster {
  all: Cluster[];
  cluster: Cluster;
  notes: ClusterNote[];
  events: ClusterEventRow[];
}

function clusterJson({ all, cluster, notes, events }: ShownCluster) {
  return {
    ...cluster,
    topics: all
      .filter((c) => c.parentId === cluster.id && c.retiredAt === null)
      .map(({ id, name, size }) => ({ id, name, size })),
    notes,
    events: events.filter((event) => event.kind !== "moved"),
  };
}

function renderCluster(terminal: Terminal, { all, cluster, notes, events }: ShownCluster): void {
  const { style, width } = terminal;
  const parent = all.find((c) => c.id === cluster.parentId);
  terminal.line(style("bold", cluster.name === "" ? "(a retired cluster)" : cluster.name));
  const about = [
    cluster.level,
    ...(parent === undefined ? [] : [`in ${parent.name}`]),
    count(cluster.size, "note"),
    `since ${dateLine(cluster.bornAt)}`,
    ...(cluster.retiredAt === null ? [] : [`retired ${dateLine(cluster.retiredAt)}`]),
  ];
  terminal.line(style("dim", `${about.join(" · ")} · ${cluster.id.slice(0, 8)}`));
  if (cluster.keyphrases.length > 0) terminal.line(`about: ${cluster.keyphrases.join(", ")}`);
  for (const topic of all.filter((c) => c.parentId === cluster.id && c.retiredAt === null)) {
    terminal.line(`  ${topic.name} (${topic.size})`);
  }
  const isLoose = (note: ClusterNote) => note.loose;
  for (const note of notes.filter((note) => !isLoose(note))) renderNote(note);
  if (notes.some(isLoose)) {
    terminal.line(style("dim", "loosely related"));
    for (const note of notes.filter(isLoose)) renderNote(note);
  }
  const told = events.filter((event) => event.kind !== "moved");
  if (told.length > 0) terminal.line(style("dim", "history"));
  const nameOf = new Map(all.map((c) => [c.id, c.name]));
  for (const event of told) {
    const otherName = event.otherId === null ? null : (nameOf.get(event.otherId) ?? null);
    const name = nameOf.get(event.clusterId) ?? "";
    terminal.line(`  ${dateLine(event.at)}: ${sentenceFor({ ...event, name, otherName })}`);
  }

  function renderNote(note: ClusterNote): void {
    terminal.line(
      `  ${fit(note.title, width - 16)} ${style("dim", note.createdAt.toISOString().slice(0, 10))}`,
    );
  }
}
