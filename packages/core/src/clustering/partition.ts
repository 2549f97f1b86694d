import { findAreas } from "./areas.ts";
import { attachments } from "./attachments.ts";
import { canonicalOrder, halvesOf, reorderLists } from "./canonical-order.ts";
import { centroidsOf, similarityTo } from "./centroids.ts";
import { distinctRows } from "./distinct-rows.ts";
import { fuzzyGraph } from "./fuzzy-graph.ts";
import { allNodes } from "./graph.ts";
import { discountHubs } from "./hub-discount.ts";
import { type NeighbourLists, nearestNeighbours } from "./nearest-neighbours.ts";
import { type PackedRows, packRows, type VectorRows } from "./packed-rows.ts";
import { findTopics } from "./topics.ts";
import { workspaceFor } from "./workspace.ts";

/** An account's notes in topics, and the topics in areas. */
export interface Partition {
  /** The topic of each note, 0 .. topics - 1. Every note has one. */
  topic: Int32Array;
  topics: number;
  /** The area of each topic, 0 .. areas - 1. */
  area: Int32Array;
  areas: number;
  /** Per note, how likely it is to be in this topic still after the next regrouping; 0 if nothing links it there. */
  confidence: Float32Array;
  /** Per note, the topic it is most strongly linked with besides its own; -1 if there is none. */
  rival: Int32Array;
  /** Per note, 1 if it is only loosely related to its topic. */
  loose: Uint8Array;
  /** Per note, its cosine similarity to the centroid of its topic. */
  closeness: Float32Array;
  /** Row-major, topics x dimensions, unit length (zeros where the members cancel out). */
  centroid: Float32Array;
  /** Per topic, the mean cosine similarity of its members to its centroid. */
  cohesion: Float32Array;
  /**
   * Why a note that did not change may be in another topic than last night: it is near a new one, or all notes were
   * grouped anew.
   */
  moveCause: "frontier" | "regrouped";
  /** To be kept for the next night. */
  regrouping: Regrouping;
}

/** When all notes of an account were last grouped anew, in what counts for when to do it again. */
export interface Regrouping {
  /** Notes that came, changed or went since then. */
  changedNotes: number;
  /** Modularity right after it; null if it is not known. */
  quality: number | null;
}

/** What earlier nights left. */
export interface PreviousPartition {
  /** The topic of each of tonight's notes, -1 for one that is new or has changed. */
  topic: Int32Array;
  /** As the last night left it, and tonight's changes added. */
  regrouping: Regrouping;
}

const NEIGHBOURS = 15;

/** The notes of an account with who is near whom: all that topics and areas are made from. */
export interface Neighbourhood {
  rows: PackedRows;
  /** Which of the rows are those of notes, all distinct; positions count in this order. */
  rowOf: Int32Array;
  /** The position of each note; notes with equal vectors share one. */
  positionOf: Int32Array;
  /** `k` nearest positions of each position. */
  lists: NeighbourLists;
  k: number;
}

/**
 * Groups notes by their vectors, in plain JavaScript on this thread: for small accounts, and what cluster-notes.ts
 * must give to the bit.
 */
export function partitionNotes(input: VectorRows, previous?: PreviousPartition): Partition {
  const { rows, positionOf } = distinctRows(packRows(input));
  const k = neighboursFor(rows.count);
  const lists = nearestNeighbours(rows, k);
  return partitionByNeighbours({ rows, rowOf: everyRow(rows), positionOf, lists, k }, previous);
}

/** Where all rows are distinct ones of notes. */
export function everyRow({ count }: PackedRows): Int32Array {
  return allNodes(count);
}

/**
 * Groups notes by who is near whom.
 *
 * Exact nearest neighbours, hubs discounted, fuzzy weights, Leiden for topics and again for areas. The result
 * depends on the vectors and on what earlier nights left, bit for bit, and not on the order of the notes. Notes
 * with equal vectors share a topic. On a quiet night only notes near new ones can move; an unchanged account comes
 * back as it was.
 */
export function partitionByNeighbours(
  { rows, rowOf, positionOf, lists, k }: Neighbourhood,
  previous?: PreviousPartition,
): Partition {
  const count = rowOf.length;
  const keys = valuesAt(rows.keys, rowOf);
  const order = canonicalOrder(keys);
  const { placeOf } = order;
  const rowAt = valuesAt(rowOf, order.positionAt);
  const noteCount = positionOf.length;
  const placeOfNote = new Int32Array(noteCount);
  const notes = new Int32Array(count);
  for (let note = 0; note < noteCount; note++) {
    placeOfNote[note] = placeOf[positionOf[note]!]!;
    notes[placeOfNote[note]!]!++;
  }

  const graph = fuzzyGraph(discountHubs(reorderLists(lists, order, k), count, k), count, k);
  const space = workspaceFor(graph);
  const { topics, regrouped, ...regrouping } = findTopics({
    graph,
    space,
    rows,
    rowAt,
    keys: valuesAt(halvesOf(keys, 0), order.positionAt),
    notes,
    // Where no note has a topic yet, or all have changed, there is nothing to keep.
    ...(previous?.topic.some((topic) => topic >= 0) && {
      previous: { ...previous.regrouping, label: topicByPlace(previous.topic, placeOfNote, count) },
    }),
  });
  const areas = findAreas(graph, topics, space);
  const attached = attachments(graph, topics, space);

  const centroid = centroidsOf(rows, topics, notes, rowAt);
  const closeness = new Float32Array(count);
  const cohesion = new Float64Array(topics.count);
  const members = new Int32Array(topics.count);
  for (let place = 0; place < count; place++) {
    const topic = topics.label[place]!;
    closeness[place] = similarityTo(centroid, topic, rows, rowAt[place]!);
    members[topic]! += notes[place]!;
    cohesion[topic]! += notes[place]! * closeness[place]!;
  }
  return {
    topic: valuesAt(topics.label, placeOfNote),
    topics: topics.count,
    area: areas.label,
    areas: areas.count,
    confidence: valuesAt(attached.confidence, placeOfNote),
    rival: valuesAt(attached.rival, placeOfNote),
    loose: valuesAt(attached.loose, placeOfNote),
    closeness: valuesAt(closeness, placeOfNote),
    centroid,
    cohesion: Float32Array.from(cohesion, (sum, topic) => sum / members[topic]!),
    moveCause: regrouped ? "regrouped" : "frontier",
    regrouping,
  };
}

/** The values at these positions, in their order. */
function valuesAt<A extends Int32Array | Uint32Array | Uint8Array | Float32Array | BigUint64Array>(
  values: A,
  positions: Int32Array,
): A {
  const taken = new (values.constructor as new (length: number) => A)(positions.length);
  for (let i = 0; i < positions.length; i++) taken[i] = values[positions[i]!]!;
  return taken;
}

/** In a small account fifteen neighbours are everybody: a third of the others, but at least three. */
export function neighboursFor(rows: number): number {
  return Math.min(NEIGHBOURS, Math.max(3, Math.round(rows / 3)));
}

/** Of notes with equal vectors that were in several topics, the smallest: the order of notes must not matter. */
function topicByPlace(topicOfNote: Int32Array, placeOfNote: Int32Array, places: number): Int32Array {
  const topic = new Int32Array(places).fill(-1);
  for (const [note, place] of placeOfNote.entries()) {
    const own = topicOfNote[note]!;
    if (own >= 0 && (topic[place] === -1 || own < topic[place]!)) topic[place] = own;
  }
  return topic;
}
