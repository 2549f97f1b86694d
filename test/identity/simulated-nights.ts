import { centroidsOf } from "@noctuary/core/clustering/centroids";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import type { Partition } from "@noctuary/core/clustering/partition";
import type { Edit } from "@noctuary/core/identity/edits";
import { decideClusters } from "@noctuary/core/nightly-cluster/decide-clusters";
import type { DecidedClusters } from "@noctuary/core/nightly-cluster/decided-clusters";
import { type LastNight, previousTopics } from "@noctuary/core/nightly-cluster/last-night";
import { expect } from "vitest";

/** Which notes a grouping puts together, by any label: `{ a: "1 2 3", b: "4 5" }`. */
export type Groups = Record<string, string>;

const DIMENSIONS = 16;

/**
 * Nights of one user without a database: what grouping finds is given, what is decided of it is carried over to the
 * next night as the cluster step saves it. Note `n` lies in the direction of n's tens: 10 to 19 are alike.
 */
export function simulateNights() {
  let last: LastNight = {
    topics: [],
    areas: [],
    memberships: [],
    retired: [],
    edits: [],
    missing: new Map(),
  };
  let made = 0;
  let edits = 0;
  return {
    /**
     * @param rivals for a note the label of the group that it would be in otherwise
     * @param areas labels of the groups that are an area together; what is in none is in one more
     */
    night(
      groups: Groups,
      { fresh = "", rivals = {} as Record<string, string>, areas = [] as string[] } = {},
    ): DecidedClusters {
      const labels = Object.keys(groups);
      const areaOf = labels.map((label) => {
        const own = areas.findIndex((of) => words(of).includes(label));
        return own < 0 ? areas.length : own;
      });
      const present = [...new Set(areaOf)];
      const noteIds = Object.values(groups).flatMap(words).sort();
      const topic = Int32Array.from(noteIds, (note) =>
        labels.findIndex((label) => words(groups[label]!).includes(note)),
      );
      const rows = packRows({ vectors: vectorsOf(noteIds), count: noteIds.length, dimensions: DIMENSIONS });
      const partition: Partition = {
        topic,
        topics: labels.length,
        area: Int32Array.from(areaOf, (area) => present.indexOf(area)),
        areas: present.length,
        confidence: new Float32Array(noteIds.length).fill(0.6),
        rival: Int32Array.from(noteIds, (note) => labels.indexOf(rivals[note] ?? "")),
        loose: new Uint8Array(noteIds.length),
        centroid: centroidsOf(
          rows,
          { label: topic, count: labels.length },
          new Uint8Array(noteIds.length).fill(1),
          Int32Array.from(noteIds.keys()),
        ),
        closeness: new Float32Array(noteIds.length).fill(1),
        cohesion: new Float32Array(labels.length).fill(1),
        moveCause: "frontier",
        regrouping: { changedNotes: 0, quality: null },
      };
      const decided = decideClusters(
        { noteIds, fresh: new Set(words(fresh)) },
        partition,
        last,
        () => `c${++made}`,
        rows,
      );
      last = after(last, decided);
      return decided;
    },
    /** Where Leiden would begin tonight. */
    beginFrom(notes: string): Record<string, number[]> {
      const noteIds = words(notes);
      const topics = previousTopics({ noteIds, fresh: new Set() }, last);
      return Object.fromEntries(
        [...Map.groupBy(noteIds, (_, i) => topics[i]!)].map(([topic, of]) => [topic, of.map(Number)]),
      );
    },
    edit(kind: Edit["kind"], clusterId: string, more: Partial<Edit> & { notes?: string } = {}): string {
      const { notes = "", ...given } = more;
      const id = given.id ?? `e${++edits}`;
      last.edits.push({
        id,
        kind,
        clusterId,
        otherId: null,
        noteIds: words(notes),
        name: null,
        outcome: null,
        notesKept: null,
        ...given,
      });
      return id;
    },
    undo(id: string): void {
      last.edits = last.edits.filter((edit) => edit.id !== id);
    },
    missing(note: string, why: "note-gone" | "note-left-out"): void {
      last.missing.set(note, why);
    },
  };
}

/** Clusters with their notes, as `{ c1: "1 2 3" }`. */
export function membersOf({ memberships }: DecidedClusters): Groups {
  const groups = Map.groupBy(memberships, ({ clusterId }) => clusterId);
  return Object.fromEntries([...groups].map(([id, of]) => [id, of.map(({ noteId }) => noteId).join(" ")]));
}

/** Areas with their topics, as `{ c4: "c1 c2" }`. */
export function areasOf({ areas }: DecidedClusters): Groups {
  return Object.fromEntries(areas.map(({ id, topicIds }) => [id, [...topicIds].sort().join(" ")]));
}

/** Events as `c1 merged into c2 (edit e1)`, without growth and moves. */
export function storyOf({ events }: DecidedClusters): string[] {
  return events
    .filter(({ kind }) => kind !== "moved" && kind !== "grown" && kind !== "shrunk")
    .filter(({ clusterId }) => !clusterId.startsWith("area"))
    .map(({ kind, clusterId, otherId, cause, editId }) =>
      [clusterId, kind, otherId, cause, editId].filter((part) => part !== null).join(" "),
    );
}

/** Moves as `4 c1 c2 edit e1`. */
export function movesOf({ events }: DecidedClusters): string[] {
  return events
    .filter(({ kind }) => kind === "moved")
    .map(({ noteId, otherId, clusterId, cause, editId }) =>
      [noteId, otherId, clusterId, cause, editId].filter((part) => part !== null).join(" "),
    );
}

function words(text: string): string[] {
  return text.split(" ").filter(Boolean);
}

function vectorsOf(noteIds: string[]): Float32Array {
  const vectors = new Float32Array(noteIds.length * DIMENSIONS);
  noteIds.forEach((note, row) => {
    vectors[row * DIMENSIONS + Math.floor(Number(note) / 10)] = 1;
    vectors[row * DIMENSIONS + DIMENSIONS - 1] = 0.1 + Number(note) / 1000;
  });
  return vectors;
}

/** What the cluster step saves and the next one loads. */
function after(last: LastNight, decided: DecidedClusters): LastNight {
  const living = new Set([...decided.topics, ...decided.areas].map(({ id }) => id));
  const levelOf = (id: string) => (last.areas.some((area) => area.id === id) ? "area" : "topic");
  const about = new Map(decided.aboutEdits.map(({ id, noteIds }) => [id, noteIds]));
  const outcomes = new Map(decided.editReports.map((report) => [report.edit.id, report]));
  return {
    topics: decided.topics.map(({ id, areaId }) => ({ id, name: id, parentId: areaId })),
    areas: decided.areas.map(({ id }) => ({ id, name: id })),
    memberships: decided.memberships,
    retired: [
      ...last.retired
        .filter(({ id }) => !living.has(id))
        .map((c) => ({ ...c, ...decided.lookedForInVain.find(({ id }) => id === c.id) })),
      ...decided.ended.map((ended) => ({ ...ended, level: levelOf(ended.id) }) as const),
    ],
    edits: last.edits.map((edit) => ({
      ...edit,
      noteIds: about.get(edit.id) ?? edit.noteIds,
      outcome: outcomes.get(edit.id)!.outcome,
      notesKept: outcomes.get(edit.id)!.notesKept,
    })),
    missing: last.missing,
  };
}

export const BREAD = "10 11 12 13";
export const MOTHS = "20 21 22 23 24";
export const KNEE = "30 31 32";
export const ALL: Groups = { bread: BREAD, moths: MOTHS, knee: KNEE };

/** An account after its first night: c1 is bread, c2 moths, c3 the knee. */
export function afterFirstNight(): ReturnType<typeof simulateNights> {
  const account = simulateNights();
  expect(membersOf(account.night(ALL))).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
  return account;
}
