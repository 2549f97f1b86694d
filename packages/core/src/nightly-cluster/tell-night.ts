import type { MoveCause } from "@noctuary/db/clusters/clusters.sql";
import type { ClusterChanges, ClusterEvent } from "../identity/cluster-changes.ts";
import type { EditReport } from "../identity/edits.ts";
import type { KnownCluster } from "../identity/known-cluster.ts";
import { newsOf, reportEdits } from "../identity/report-edits.ts";
import type { Recalled } from "../identity/undone-edits.ts";
import type { DecidedClusters, EndedCluster } from "./decided-clusters.ts";
import type { KeptEdits } from "./keep-edits.ts";
import type { LastNight, TonightsNotes } from "./last-night.ts";

type Event = DecidedClusters["events"][number];

/** Notes that are kept of a retired cluster. */
const LAST_MEMBERS = 1_000;

interface Night {
  notes: TonightsNotes;
  kept: KeptEdits;
  recalled: Recalled;
  topicChanges: ClusterChanges;
  areaChanges: ClusterChanges;
  /** Last night's topics and areas with their notes. */
  previous: KnownCluster[];
  sizes: Map<string, number>;
  last: LastNight;
}

/** What a night has to say for itself: events with their causes, counts, ends, names, and what became of each edit. */
export function tellNight(
  night: Night,
): Pick<DecidedClusters, "events" | "counts" | "ended" | "names" | "editReports"> {
  const { notes, kept, topicChanges, areaChanges, sizes, last } = night;
  const topicEvents = topicChanges.events.map((event) => asEdited(event, kept));
  const isPresent = new Set(notes.noteIds);
  const editReports = reportEdits(last.edits, kept.standing, {
    hasNote: (note) => isPresent.has(note),
    hasCluster: (id) => sizes.has(id),
    missing: (note) => last.missing.get(note) ?? "note-gone",
    nowhereElse: kept.nowhereElse,
  });
  return {
    events: [
      ...[...topicEvents, ...areaChanges.events].map((event) => toRow(event, night)),
      ...movesOf(night, topicEvents),
      ...newsOf(editReports).map(toEditEvent),
    ],
    counts: countEvents(topicEvents, topicChanges.moved, notes, last),
    ended: endsOf(night, topicEvents),
    names: new Map([...kept.standing.names].map(([id, { name }]) => [id, name])),
    editReports,
  };
}

/** What was forgotten did not merge into another cluster, wherever its notes are now. */
function asEdited(event: ClusterEvent, { standing, nowhereElse }: KeptEdits): ClusterEvent {
  const { kind, clusterId, notesBefore, notesAfter } = event;
  const isForgotten = standing.forgotten.has(clusterId) && !nowhereElse.has(clusterId);
  return kind === "merged" && isForgotten ? { kind: "retired", clusterId, notesBefore, notesAfter } : event;
}

/** The edit that a cluster began or ended by. */
function editBehind({ kind, clusterId }: ClusterEvent, { standing }: KeptEdits): string | null {
  if (kind === "merged" || kind === "retired") {
    return (standing.into.get(clusterId)?.edit ?? standing.forgotten.get(clusterId))?.id ?? null;
  }
  const isMade = [...standing.holdsFor].some(([edit, id]) => edit.kind === "split" && id === clusterId);
  return isMade && (kind === "split" || kind === "born") ? clusterId : null;
}

function toRow(event: ClusterEvent, { kept, recalled }: Night): Event {
  const editId = editBehind(event, kept);
  const isRecalled = event.kind === "returned" && recalled.clusters.some(({ id }) => id === event.clusterId);
  return {
    kind: event.kind,
    clusterId: event.clusterId,
    otherId: event.otherClusterId ?? null,
    noteId: null,
    cause: editId !== null || isRecalled ? "edit" : null,
    editId,
    share: event.share ?? null,
    notesBefore: event.notesBefore,
    notesAfter: event.notesAfter,
  };
}

/** One event for each note that is in another topic than last night: nothing moves without a trace and a cause. */
function movesOf(night: Night, topicEvents: ClusterEvent[]): Event[] {
  const { notes, kept, recalled, topicChanges, sizes } = night;
  const rowOf = new Map(notes.noteIds.map((id, row) => [id, row]));
  const lastTopic = new Map(night.last.memberships.map((m) => [m.noteId, m.clusterId]));
  const kindsOf = Map.groupBy(topicEvents, ({ clusterId }) => clusterId);
  const happened = (id: string, kind: ClusterEvent["kind"]) =>
    kindsOf.get(id)?.some((event) => event.kind === kind) === true;
  const causeOf = (noteId: string, from: string, to: string): MoveCause => {
    if (recalled.topicOf.get(noteId) !== lastTopic.get(noteId)) return "edit"; // one that was taken back
    if (notes.fresh.has(noteId)) return "rewritten";
    if (happened(from, "merged")) return "merged";
    if (happened(from, "retired")) return "retired";
    if (happened(to, "split")) return "split";
    if (happened(to, "returned")) return "returned";
    return kept.partition.moveCause;
  };
  return topicChanges.moved.map(({ noteId, from, to }) => {
    const edit = kept.editOfRow.get(rowOf.get(noteId)!);
    return {
      kind: "moved" as const,
      clusterId: to,
      otherId: from,
      noteId,
      cause: edit === undefined ? causeOf(noteId, from, to) : "edit",
      editId: edit?.id ?? null,
      share: null,
      notesBefore: sizes.get(from) ?? 0,
      notesAfter: sizes.get(to) ?? 0,
    };
  });
}

function toEditEvent({ edit, outcome, clusterId, notes, notesKept }: EditReport): Event {
  return {
    kind: "edit",
    clusterId: edit.kind === "merge" ? edit.clusterId : clusterId === edit.id ? edit.id : edit.clusterId,
    otherId: outcome === "followed" ? clusterId : edit.otherId,
    noteId: edit.noteIds.length === 1 && notes === 1 ? edit.noteIds[0]! : null,
    cause: outcome,
    editId: edit.id,
    share: null,
    notesBefore: notes,
    notesAfter: notesKept,
  };
}

/** The clusters of last night that are no more, and what is kept of them. */
function endsOf({ kept, previous, sizes }: Night, topicEvents: ClusterEvent[]): EndedCluster[] {
  const mergedInto = new Map(
    topicEvents.flatMap((e) => (e.kind === "merged" ? [[e.clusterId, e.otherClusterId!] as const] : [])),
  );
  return previous
    .filter(({ id }) => !sizes.has(id))
    .map(({ id, members }) => ({
      id,
      mergedInto: mergedInto.get(id) ?? null,
      retiredBy: (kept.standing.into.get(id)?.edit ?? kept.standing.forgotten.get(id))?.id ?? null,
      lastMembers: members.slice(0, LAST_MEMBERS),
    }));
}

function countEvents(
  topicEvents: ClusterEvent[],
  moved: ClusterChanges["moved"],
  { noteIds, fresh }: TonightsNotes,
  { topics, memberships }: LastNight,
): Record<string, number> {
  const living = new Set(topics.map(({ id }) => id));
  const topicOf = new Map(memberships.map(({ noteId, clusterId }) => [noteId, clusterId]));
  const counts: Record<string, number> = {
    moved: moved.filter(({ noteId }) => !fresh.has(noteId)).length,
    settled: noteIds.filter((note) => !fresh.has(note) && living.has(topicOf.get(note) ?? "")).length,
  };
  for (const { kind } of topicEvents) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
