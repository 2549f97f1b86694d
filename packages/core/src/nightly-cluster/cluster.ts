import { asUser, type UserTransaction } from "@noctuary/db/access";
import { audit, raiseVersion, saveUserState, userState } from "@noctuary/db/account/account";
import {
  addClusterEvents,
  type Cluster,
  type ClusterEventRow,
  clustersLeftBy,
  clustersOf,
  forgetRetiredNames,
  membershipsOf,
  type SavedCluster,
  saveClusters,
  saveMemberships,
} from "@noctuary/db/clusters/cluster";
import {
  type ClusterEdit,
  editsOf,
  livingNotes,
  saveEditNotes,
  saveEditOutcomes,
} from "@noctuary/db/clusters/cluster-edit";
import { forgetRetiredMembers, retiredClusters } from "@noctuary/db/clusters/retired-cluster";
import { vectorType } from "@noctuary/db/database";
import { takeBackSentences } from "@noctuary/db/insights/insight";
import { endRunUser } from "@noctuary/db/ledger/run-user";
import { vanishedNotes } from "@noctuary/db/notes/note-changes";
import {
  type NotesWithVectors,
  notesWithVectors,
  purgeDerived,
  purgeOtherModels,
} from "@noctuary/db/notes/note-embedding";
import { purgeStacks } from "@noctuary/db/stacks/stack";
import type { PreviousPartition, Regrouping } from "../clustering/partition.ts";
import type { Context } from "../context.ts";
import { VersionConflictError } from "../errors.ts";
import { churnOf } from "../identity/churn.ts";
import type { MissingNote } from "../identity/report-edits.ts";
import { SEASON_DAYS } from "../identity/returned-clusters.ts";
import { limitsFor, type UserStep } from "../job.ts";
import { namingTotals } from "./ask-for-names.ts";
import { decideOnThread } from "./computing-thread.ts";
import { type DecidedClusters, sizesOf } from "./decided-clusters.ts";
import { giveNames } from "./give-names.ts";
import { groupNotes } from "./group-notes.ts";
import { type LastNight, previousTopics } from "./last-night.ts";
import type { GivenName } from "./name-tonight.ts";
import { modelKey } from "./plan-user.ts";
import { CLUSTER, type ClusterPayload, clusterPayload } from "./steps.ts";
import { saveTrial, tellTrial } from "./tell-trial.ts";
import { withUsersNames } from "./users-names.ts";
import { haveManyVanishedSince } from "./withhold-deletions.ts";

/** Groups one user's notes, finds last night's clusters again, names what is new, and clears away what is gone. */
export const cluster: UserStep<ClusterPayload> = {
  slug: CLUSTER,
  queue: CLUSTER,
  limits: limitsFor(300, 5),
  payload: clusterPayload,

  async work({ context, run, task, userId, payload, remainingMs, signal }) {
    const gone = await asUser(context.db, userId, (tx) => vanishedNotes(tx, userId));
    const isSudden = haveManyVanishedSince(payload.vanished, gone);
    const withVanished = payload.withholdDeletions === true || isSudden;
    const before = await load(context, userId, { withVanished, since: run.createdAt, asOf: run.asOf });
    const { noteIds } = before.stored;
    const { partition, rows, keep } = await groupNotes(context, userId, {
      notes: before.stored,
      previous: previousPartition(before),
      // Only edits look at single notes again.
      wantsRows: before.last.edits.length > 0,
      signal,
    });
    const { fresh } = before.stored;
    const decided = await decideOnThread(
      { notes: { noteIds, fresh }, grouped: partition, last: before.last, rows },
      signal,
    );
    if (run.options.trial === true) {
      const told = tellTrial(before.last, decided);
      const about = { userId, against: modelKey(context.embedder), date: run.localDate };
      return { save: (tx) => saveTrial(tx, told, about) };
    }
    const clusters = withUsersNames(before.clusters, decided, run.asOf);
    // Notes whose deletion is held back are still grouped; nobody else is told what stood in them.
    const asking = {
      userId,
      run,
      task,
      remainingMs,
      signal,
      context: withVanished ? { ...context, llm: null } : context,
    };
    const names = await giveNames(asking, { ...before, clusters }, decided, decided.partition);

    return {
      async save(tx) {
        // Before the user's row: whoever saves vectors has locked theirs when it comes to that.
        const purged = await purgeDerived(tx, userId, { withVanished: !withVanished });
        await purgeOtherModels(tx, context.embedder, userId);
        if ((await raiseVersion(tx, userId)) !== before.version) {
          throw new VersionConflictError("the user's data changed while it was clustered");
        }
        const clustered = new Set(noteIds);
        if (purged.some((id) => clustered.has(id))) {
          throw new VersionConflictError("a note was taken away while it was clustered");
        }
        const events = [...decided.events, ...renamedEvents(decided, before.clusters, names)];
        await saveClusters(tx, await vectorType(context.db), userId, {
          ...namedClusters(decided, names),
          ended: decided.ended,
          centroids: decided.partition.centroid,
          dimensions: context.embedder.dimensions,
          at: run.asOf,
        });
        await saveMemberships(tx, userId, decided.memberships);
        await addClusterEvents(
          tx,
          userId,
          events.map((event): ClusterEventRow => ({ ...event, at: run.asOf, runId: run.id })),
        );
        await saveEditNotes(tx, userId, decided.aboutEdits);
        await saveEditOutcomes(
          tx,
          userId,
          run.asOf,
          decided.editReports.map(({ edit, outcome, notesKept }) => ({ id: edit.id, outcome, notesKept })),
        );
        await forgetRetiredMembers(tx, userId, {
          since: seasonBefore(run.asOf),
          inVain: decided.lookedForInVain,
        });
        await keep(tx);
        if (purged.length > 0) await forgetRetiredNames(tx, userId);
        await purgeStacks(tx, userId, purged, run.asOf);
        await takeBackSentences(tx, userId, purged);
        await saveUserState(tx, userId, {
          clusteredModel: modelKey(context.embedder),
          changedSinceRegrouping: partition.regrouping.changedNotes,
          // What edits have moved tonight is worse by that, and will be: the next night measures where it begins.
          regroupedQuality: decided.editsMoved ? null : partition.regrouping.quality,
          editsPending: false,
          ...(withVanished ? {} : { deletionsWithheldSince: null }),
        });
        const counts = {
          clustered: noteIds.length,
          ...(isSudden ? { withheld: gone.vanished } : {}),
          topics: decided.topics.length,
          areas: decided.areas.length,
          ...decided.counts,
          purged: purged.length,
          ...namingTotals(task, names),
        };
        await audit(tx, {
          userId,
          actor: CLUSTER,
          runId: run.id,
          taskId: task.id,
          action: "notes clustered",
          counts,
        });
        return counts;
      },
    };
  },

  measures: (result) => {
    const churn = churnOf(result);
    return churn === undefined ? [] : [{ name: "Churn", value: churn, unit: "None" }];
  },

  async ended(tx, run, task, status) {
    // To the next plan nothing of these notes is new, and yet they are to be grouped.
    if (status === "failed" && run.options.trial !== true)
      await saveUserState(tx, task.userId, { editsPending: true });
    await endRunUser(tx, run, task.userId, status);
  },
};

interface Before {
  version: number;
  /** As the last night left it. */
  regrouping: Regrouping;
  stored: NotesWithVectors;
  clusters: Map<string, Cluster>;
  last: LastNight;
  /** Clusters that notes were in, last night or ever, which tonight are excluded or gone; not always their areas. */
  bereft: Set<string>;
}

/** Last night's topics, and how much has changed since all notes were grouped anew, tonight included. */
function previousPartition({ stored, last, regrouping }: Before): PreviousPartition {
  const topic = previousTopics(stored, last);
  const present = new Set(stored.noteIds);
  const fresh = topic.filter((t) => t < 0).length;
  const gone = last.memberships.filter(({ noteId }) => !present.has(noteId)).length;
  return { topic, regrouping: { ...regrouping, changedNotes: regrouping.changedNotes + fresh + gone } };
}

async function load(
  context: Context,
  userId: string,
  which: { withVanished: boolean; since: Date; asOf: Date },
): Promise<Before> {
  return asUser(context.db, userId, async (tx: UserTransaction) => {
    const { version, changedSinceRegrouping, regroupedQuality } = await userState(tx, userId);
    const regrouping = { changedNotes: changedSinceRegrouping, quality: regroupedQuality };
    const stored = await notesWithVectors(tx, context.embedder, userId, which);
    const clusters = await clustersOf(tx, userId, { retired: true });
    const living = clusters.filter(({ retiredAt }) => retiredAt === null);
    const edits = await editsOf(tx, userId);
    const present = new Set(stored.noteIds);
    const last = {
      topics: living.filter((c) => c.level === "topic"),
      areas: living.filter((c) => c.level === "area"),
      memberships: await membershipsOf(tx, userId),
      retired: await retiredClusters(tx, userId, seasonBefore(which.asOf)),
      edits,
      missing: await missingNotes(tx, userId, edits, present),
    };
    const lost = last.memberships.filter((m) => !present.has(m.noteId));
    const left = await clustersLeftBy(
      tx,
      userId,
      lost.map((m) => m.noteId),
    );
    const bereft = new Set([...lost.map((m) => m.clusterId), ...left]);
    return { version, regrouping, stored, clusters: new Map(clusters.map((c) => [c.id, c])), last, bereft };
  });
}

/** Why notes that edits name have no vector tonight. */
async function missingNotes(
  tx: UserTransaction,
  userId: string,
  edits: ClusterEdit[],
  present: Set<string>,
): Promise<Map<string, MissingNote>> {
  const absent = [...new Set(edits.flatMap(({ noteIds }) => noteIds))].filter((id) => !present.has(id));
  const living = await livingNotes(tx, userId, absent);
  return new Map(absent.map((id) => [id, living.has(id) ? "note-left-out" : "note-gone"]));
}

function seasonBefore(at: Date): Date {
  return new Date(at.getTime() - SEASON_DAYS * 24 * 60 * 60 * 1000);
}

function namedClusters(
  { topics, areas }: DecidedClusters,
  names: Map<string, GivenName>,
): { topics: SavedCluster[]; areas: SavedCluster[] } {
  const given = (id: string): GivenName => {
    const { name, keyphrases, namedBy, namedSize, askedSize } = names.get(id)!;
    return { name, keyphrases, namedBy, namedSize, askedSize };
  };
  return {
    topics: topics.map((t) => ({
      id: t.id,
      level: "topic",
      parentId: t.areaId,
      size: t.rows.length,
      cohesion: t.cohesion,
      ...given(t.id),
    })),
    areas: areas.map((a) => ({
      id: a.id,
      level: "area",
      parentId: null,
      size: a.size,
      cohesion: null,
      ...given(a.id),
    })),
  };
}

function renamedEvents(
  decided: DecidedClusters,
  before: Map<string, Cluster>,
  names: Map<string, GivenName>,
): DecidedClusters["events"] {
  return [...sizesOf(decided)].flatMap(([id, notesAfter]) => {
    const old = before.get(id);
    if (old === undefined || old.name === "" || old.name === names.get(id)!.name) return [];
    const isUsers = decided.names.has(id);
    const edit = decided.editReports.find(
      ({ edit, clusterId }) => edit.kind === "rename" && clusterId === id,
    )?.edit;
    return [
      {
        kind: "renamed" as const,
        clusterId: id,
        otherId: null,
        noteId: null,
        cause: isUsers ? ("edit" as const) : null,
        editId: isUsers ? (edit?.id ?? null) : null,
        share: null,
        notesBefore: old.size,
        notesAfter,
      },
    ];
  });
}
