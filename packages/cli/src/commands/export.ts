import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { asUser } from "@noctuary/db/access";
import { type ClusterEventRow, clusterEvents, clustersOf } from "@noctuary/db/clusters/cluster";
import { type ClusterEdit, editsOf } from "@noctuary/db/clusters/cluster-edit";
import { type ClusterNote, clusterNotes } from "@noctuary/db/notes/note";
import { EXIT } from "../exit.ts";
import type { ClusterPage } from "../export/cluster-page.ts";
import { exportPages } from "../export/export-clusters.ts";
import { morningStacks } from "../morning-stacks.ts";
import { shownModel } from "../overview.ts";
import { describeEdit } from "../render/edits.ts";
import { linesOf } from "../render/history.ts";
import { count } from "../render/words.ts";
import { dateOf } from "../run-job.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

const JOB = "nightly-cluster";
const NIGHTS_SHOWN = 10;
const NOTES_PER_PAGE = 10_000;

/** `noctuary export DIR`: one Markdown page a cluster, for reading in Obsidian. */
export async function exportClusters(
  dir: string,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const insight = await asUser(session.db, userId, (tx) => readInsight(tx, userId));
    const stacks = (await morningStacks(session, userId)).map(({ title, reason, notes }) => ({
      title,
      reason,
      notes: notes.map((note) => ({ title: note.title, key: note.path ?? note.noteId })),
    }));
    const result = await exportPages(
      dir,
      await pagesOf(session, userId),
      stacks,
      insight === null ? undefined : renderMarkdown(insight),
    );
    terminal.json(result);
    terminal.line(
      `${dir}: ${count(result.written.length, "page")} written, ${result.unchanged.length} unchanged, ${result.removed.length} removed`,
    );
    for (const page of result.leftAlone)
      terminal.warn(`  left alone, because it was changed by hand: ${page}`);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

async function pagesOf(session: Session, userId: string): Promise<ClusterPage[]> {
  const model = await shownModel(session, userId);
  return asUser(session.db, userId, async (tx) => {
    const clusters = await clustersOf(tx, userId, { retired: true });
    const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
    const notes = Map.groupBy(
      await clusterNotes(tx, model, userId, { perCluster: NOTES_PER_PAGE }),
      (note) => note.clusterId,
    );
    const nameOf = (id: string) => byId.get(id)?.name ?? "";
    const edits = await editsOf(tx, userId);
    const pages: ClusterPage[] = [];
    for (const topic of clusters.filter((c) => c.level === "topic" && c.retiredAt === null)) {
      const events = await clusterEvents(tx, userId, { clusterId: topic.id });
      const area = byId.get(topic.parentId ?? "")?.name;
      pages.push({
        id: topic.id,
        name: topic.name,
        ...(area === undefined ? {} : { area }),
        keyphrases: topic.keyphrases,
        size: topic.size,
        notes: (notes.get(topic.id) ?? []).map((note) => ({
          title: note.title,
          key: note.path ?? note.id,
          confidence: note.confidence,
          isLoose: note.loose,
          ...remarkOn(note, nameOf),
        })),
        decided: edits
          .filter((edit) => edit.clusterId === topic.id || edit.otherId === topic.id || edit.id === topic.id)
          .map((edit) => decidedLine(edit, topic.id, nameOf)),
        events: eventLines(topic.id, events, nameOf),
      });
    }
    return pages;
  });
}

/** Only where a reader would ask: a note that the owner put here, and one that is only near. */
function remarkOn(note: ClusterNote, nameOf: (id: string) => string): { remark?: string } {
  if (note.placedBy === "user") return { remark: "you put it here" };
  const rival = note.rivalId === null ? "" : nameOf(note.rivalId);
  return note.loose && rival !== "" ? { remark: `next nearest: ${rival}` } : {};
}

function decidedLine(edit: ClusterEdit, topicId: string, nameOf: (id: string) => string): string {
  const what =
    edit.kind === "merge" && edit.otherId === topicId
      ? `${nameOf(edit.clusterId) || "another topic"} goes in here`
      : describeEdit(edit, nameOf);
  const outcome = edit.outcome === null || edit.outcome === "kept" ? "" : ` (${edit.outcome})`;
  return `${dateOf(JOB, edit.createdAt)}: ${what}${outcome}`;
}

/** The newest night first. */
function eventLines(
  topicId: string,
  events: ClusterEventRow[],
  nameOf: (id: string) => string,
): ClusterPage["events"] {
  return [...Map.groupBy(events, ({ at }) => dateOf(JOB, at))]
    .slice(-NIGHTS_SHOWN)
    .reverse()
    .flatMap(([date, night]) => linesOf(topicId, night, nameOf).map((sentence) => ({ date, sentence })));
}
