import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { asLedger, asUser } from "@noctuary/db/access";
import { userState } from "@noctuary/db/account/account";
import { type Cluster, type ClusterEventRow, clusterEvents, clustersOf } from "@noctuary/db/clusters/cluster";
import { lastRunOf, type Run } from "@noctuary/db/ledger/run";
import { clusterNotes, newNotesByCluster } from "@noctuary/db/notes/note";
import { accountForNotes, type NoteAccount } from "@noctuary/db/notes/note-account";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import type { Session } from "./session.ts";

const JOB = "nightly-cluster";
/** Notes that speak for a topic. */
const TELLING_NOTES = 3;
/** So many central notes are looked at: a daily note may be central, but its date tells nobody anything. */
const CENTRAL_NOTES = 12;

export interface OverviewTopic {
  id: string;
  name: string;
  size: number;
  /** Notes written since the night before. */
  newNotes: number;
  isNew: boolean;
  keyphrases: string[];
  /** Titles of its most telling notes. */
  notes: string[];
}

export interface OverviewArea {
  id: string;
  name: string;
  size: number;
  topics: OverviewTopic[];
}

export interface OverviewChange {
  kind: ClusterEventRow["kind"];
  clusterId: string;
  name: string;
  otherName: string | null;
  cause: ClusterEventRow["cause"];
  notesBefore: number;
  notesAfter: number;
}

/** How one user's notes lie this morning, and what the night changed. The JSON of `noctuary` and `noctuary clusters`. */
export interface Overview {
  userId: string;
  runId: string | null;
  /** The night before that one; null for the first. */
  previousNight: Date | null;
  asOf: Date | null;
  notes: NoteAccount;
  areas: OverviewArea[];
  changes: OverviewChange[];
  /** Notes that are in another topic than the night before, although nobody changed their text. */
  moved: number;
}

export async function overviewOf(session: Session, userId: string): Promise<Overview> {
  const { db } = session;
  const model = await shownModel(session, userId);
  const { run, previous, notes } = await asLedger(db, async (tx) => {
    const run = await lastRunOf(tx, JOB, userId);
    const previous = run === null ? null : await lastRunOf(tx, JOB, userId, run);
    return { run, previous, notes: await accountForNotes(tx, model, userId) };
  });
  return asUser(db, userId, async (tx) => {
    const clusters = await clustersOf(tx, userId, { retired: true });
    const central = Map.groupBy(
      await clusterNotes(tx, model, userId, { perCluster: CENTRAL_NOTES }),
      (note) => note.clusterId,
    );
    const fresh =
      previous === null ? new Map<string, number>() : await newNotesByCluster(tx, userId, previous.asOf);
    const events = run === null ? [] : await clusterEvents(tx, userId, { runId: run.id });
    return {
      userId,
      runId: run?.id ?? null,
      asOf: run?.asOf ?? null,
      previousNight: previous?.asOf ?? null,
      notes,
      areas: areasOf(clusters, (topic) => ({
        id: topic.id,
        name: topic.name,
        size: topic.size,
        newNotes: fresh.get(topic.id) ?? 0,
        isNew: previous !== null && isBornIn(run, topic),
        keyphrases: topic.keyphrases,
        notes: tellingTitles(central.get(topic.id) ?? []),
      })),
      changes: previous === null ? [] : changesOf(events, clusters),
      moved: events.filter((event) => event.kind === "moved").length,
    };
  });
}

/** The model whose vectors this home's settings are about. */
export function embeddingModel({ settings }: Pick<Session, "settings">) {
  return embedderFor(settings);
}

/**
 * The model whose vectors a user's clusters were computed from: `run --embedder` may have used another one than the
 * settings name. Before the first night, the settings' own.
 */
export async function shownModel(session: Session, userId: string): Promise<EmbeddingModel> {
  const { clusteredModel } = await asUser(session.db, userId, (tx) => userState(tx, userId));
  if (clusteredModel === null) return embeddingModel(session);
  const at = clusteredModel.lastIndexOf("/");
  return { model: clusteredModel.slice(0, at), dimensions: Number(clusteredModel.slice(at + 1)) };
}

function areasOf(clusters: Cluster[], toTopic: (topic: Cluster) => OverviewTopic): OverviewArea[] {
  const living = clusters.filter((cluster) => cluster.retiredAt === null);
  const topics = Map.groupBy(
    living.filter((cluster) => cluster.level === "topic"),
    (topic) => topic.parentId,
  );
  return living
    .filter((cluster) => cluster.level === "area")
    .map(({ id, name, size }) => ({ id, name, size, topics: (topics.get(id) ?? []).map(toTopic) }));
}

/** Titles of the most central notes, those first that say something. */
function tellingTitles(central: { title: string }[]): string[] {
  const saysNothing = ({ title }: { title: string }) => !/\p{L}{3}/u.test(title);
  return [...central.filter((note) => !saysNothing(note)), ...central.filter(saysNothing)]
    .slice(0, TELLING_NOTES)
    .map((note) => note.title);
}

function isBornIn(run: Run | null, cluster: Cluster): boolean {
  return run !== null && cluster.bornAt.getTime() === run.asOf.getTime();
}

/** Events of topics; what happens to an area follows from its topics. */
function changesOf(events: ClusterEventRow[], clusters: Cluster[]): OverviewChange[] {
  const byId = new Map(clusters.map((cluster) => [cluster.id, cluster]));
  return events
    .filter((event) => event.kind !== "moved" && byId.get(event.clusterId)?.level === "topic")
    .map(({ kind, clusterId, otherId, cause, notesBefore, notesAfter }) => ({
      kind,
      clusterId,
      cause,
      name: byId.get(clusterId)!.name,
      otherName: otherId === null ? null : (byId.get(otherId)?.name ?? null),
      notesBefore,
      notesAfter,
    }));
}
