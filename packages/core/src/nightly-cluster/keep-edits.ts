import type { PackedRows } from "../clustering/packed-rows.ts";
import type { Partition } from "../clustering/partition.ts";
import { applyEdits, type EditedPartition } from "../identity/apply-edits.ts";
import { clusterChanges } from "../identity/cluster-changes.ts";
import type { Edit } from "../identity/edits.ts";
import type { KnownCluster } from "../identity/known-cluster.ts";
import type { Recalled } from "../identity/undone-edits.ts";
import { type StandingEdits, weighEdits } from "../identity/weigh-edits.ts";
import type { LastNight, TonightsNotes } from "./last-night.ts";

/** Notes that a merge or a forgetting remembers it was about. */
const ABOUT_NOTES = 10_000;

export interface KeptEdits extends EditedPartition {
  standing: StandingEdits;
  /** Edits that now know which notes they were about. */
  aboutEdits: { id: string; noteIds: string[] }[];
}

/**
 * Tonight's groups with the user's edits kept in them. `ids` are those of the groups by identity alone; without edits
 * all stays as it is.
 */
export function keepEdits(input: {
  notes: TonightsNotes;
  grouped: Partition;
  ids: string[];
  last: LastNight;
  recalled: Recalled;
  previousTopics: KnownCluster[];
  rows: PackedRows;
  newId: () => string;
}): KeptEdits {
  const { notes, grouped, ids, last, recalled, rows, newId, previousTopics } = input;
  const { noteIds, fresh } = notes;
  const successors = successorsOf(input);
  const areas = new Set(last.areas.map(({ id }) => id));
  const living = new Set(ids);
  const isPresent = new Set(noteIds);
  const holds = new Set(
    previousTopics.filter(({ members }) => members.some((n) => isPresent.has(n))).map((t) => t.id),
  );
  const pinned = new Set(last.edits.filter(({ kind }) => kind === "pin").map(({ clusterId }) => clusterId));
  const scattered = scatteredByGrouping(input, successors);
  const standing = weighEdits(
    last.edits,
    (id) => living.has(id) || areas.has(id) || (pinned.has(id) && holds.has(id)) || scattered.has(id),
    (id) => successors.get(id),
  );
  const aboutEdits = last.edits
    .filter(({ kind, noteIds }) => (kind === "merge" || kind === "forget") && noteIds.length === 0)
    .map((edit) => ({ id: edit.id, noteIds: membersAt(edit, previousTopics) }));
  if (last.edits.length === 0) {
    return {
      partition: grouped,
      ids,
      standing,
      aboutEdits,
      placedByUser: new Set(),
      editOfRow: new Map(),
      nowhereElse: new Set(),
    };
  }
  const about = new Map(aboutEdits.map(({ id, noteIds }) => [id, noteIds]));
  const edited = applyEdits(
    {
      noteIds,
      rows,
      partition: grouped,
      ids,
      fresh,
      scattered,
      lastTopicOf: (note) => recalled.topicOf.get(note),
      placedByUser: new Set(last.memberships.flatMap((m) => (m.placedBy === "user" ? [m.noteId] : []))),
      aboutOf: (edit) => new Set(about.get(edit.id) ?? edit.noteIds),
    },
    standing,
    newId,
  );
  return { ...edited, standing, aboutEdits };
}

/** Where clusters went that are no more: in earlier nights, and tonight by identity alone. */
function successorsOf(input: Parameters<typeof keepEdits>[0]): Map<string, string> {
  const { notes, grouped, ids, last, previousTopics } = input;
  const successors = new Map(
    last.retired.flatMap(({ id, mergedInto }) => (mergedInto === null ? [] : [[id, mergedInto] as const])),
  );
  const rowsOf = Map.groupBy(notes.noteIds.keys(), (row) => grouped.topic[row]!);
  const current = ids.map((id, t) => ({
    id,
    members: (rowsOf.get(t) ?? []).map((row) => notes.noteIds[row]!),
  }));
  for (const { kind, clusterId, otherClusterId } of clusterChanges({ previous: previousTopics, current })
    .events) {
    if (kind === "merged") successors.set(clusterId, otherClusterId!);
  }
  return successors;
}

/**
 * Clusters that the user named and grouping has scattered: neither their own id nor another goes on with half of those
 * of their notes that are as they were.
 */
function scatteredByGrouping(
  { notes, grouped, ids, last, previousTopics }: Parameters<typeof keepEdits>[0],
  successors: ReadonlyMap<string, string>,
): Set<string> {
  const named = new Set<string>();
  for (const { kind, clusterId } of last.edits) {
    if (kind !== "rename") continue;
    for (
      let id: string | undefined = clusterId;
      id !== undefined && !named.has(id);
      id = successors.get(id)
    ) {
      named.add(id);
    }
  }
  const candidates = previousTopics.filter(({ id }) => named.has(id) && !successors.has(id));
  if (candidates.length === 0) return new Set();
  const homeOf = new Map(
    notes.noteIds.flatMap((note, row) =>
      notes.fresh.has(note) ? [] : [[note, ids[grouped.topic[row]!]!] as const],
    ),
  );
  return new Set(
    candidates.flatMap(({ id, members }) => {
      const unchanged = members.filter((note) => homeOf.has(note));
      const own = unchanged.filter((note) => homeOf.get(note) === id).length;
      return unchanged.length > 0 && 2 * own < unchanged.length ? [id] : [];
    }),
  );
}

function membersAt(edit: Edit, topics: KnownCluster[]): string[] {
  return topics
    .filter(({ id }) => id === edit.clusterId || id === edit.otherId)
    .flatMap(({ members }) => members)
    .slice(0, ABOUT_NOTES);
}
