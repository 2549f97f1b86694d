import { asUser } from "@noctuary/db/access";
import { clusterEvents, clustersOf } from "@noctuary/db/clusters/cluster";
import { clusterNotes } from "@noctuary/db/notes/note";
import { EXIT } from "../exit.ts";
import type { ClusterPage } from "../export/cluster-page.ts";
import { exportPages } from "../export/export-clusters.ts";
import { morningStacks } from "../morning-stacks.ts";
import { shownModel } from "../overview.ts";
import { sentenceFor } from "../render/sentences.ts";
import { count } from "../render/words.ts";
import { dateOf } from "../run-job.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

const JOB = "nightly-cluster";
const EVENTS_SHOWN = 10;
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
    const stacks = (await morningStacks(session, userId)).map(({ title, reason, notes }) => ({
      title,
      reason,
      notes: notes.map((note) => ({ title: note.title, key: note.path ?? note.noteId })),
    }));
    const result = await exportPages(dir, await pagesOf(session, userId), stacks);
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
        })),
        events: events
          .filter((event) => event.kind !== "moved")
          .slice(-EVENTS_SHOWN)
          .reverse()
          .map((event) => ({
            date: dateOf(JOB, event.at),
            sentence: sentenceFor({
              ...event,
              name: byId.get(event.clusterId)?.name ?? "",
              otherName: event.otherId === null ? null : (byId.get(event.otherId)?.name ?? null),
            }),
          })),
      });
    }
    return pages;
  });
}
