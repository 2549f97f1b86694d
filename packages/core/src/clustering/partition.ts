import { findAreas } from "./areas.ts";
import { attachments } from "./attachments.ts";
import { centroidsOf, similarityTo } from "./centroids.ts";
import { distinctRows } from "./distinct-rows.ts";
import { fuzzyGraph } from "./fuzzy-graph.ts";
import { type NeighbourLists, nearestNeighbours } from "./nearest-neighbours.ts";
import { type PackedRows, packRows, type VectorRows } from "./packed-rows.ts";
import { findTopics } from "./topics.ts";

/** An account's notes in topics, and the topics in areas. */
export interface Partition {
  /** The topic of each note, 0 .. topics - 1. Every note has one. */
  topic: Int32Array;
  topics: number;
  /** The area of each topic, 0 .. areas - 1. */
  area: Int32Array;
  areas: number;
  /** Per note, the share of its edge weight that stays inside its topic; 0 if nothing links it there. */
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
}

const NEIGHBOURS = 15;

/** The notes of an account with who is near whom: all that topics and areas are made from. */
export interface Neighbourhood {
  /** The distinct rows. */
  rows: PackedRows;
  /** The row of each note; notes with equal vectors share one. */
  positionOf: Int32Array;
  /** `k` nearest rows of each row. */
  lists: NeighbourLists;
  k: number;
}

/**
 * Groups notes by their vectors (rows in a stable order, such as by note id), in plain JavaScript on this thread: for
 * small accounts, and what cluster-notes.ts must give to the bit.
 */
export function partitionNotes(input: VectorRows & { previousTopic?: Int32Array }): Partition {
  const { rows, positionOf } = distinctRows(packRows(input));
  const k = neighboursFor(rows.count);
  const lists = nearestNeighbours(rows, k);
  return partitionByNeighbours({ rows, positionOf, lists, k }, input.previousTopic);
}

/**
 * Groups notes by who is near whom.
 *
 * Exact nearest neighbours, fuzzy weights, Leiden for topics and again for areas. The result depends on the
 * input alone, bit for bit. Notes with equal vectors share a topic. With `previousTopic` (last night's topic
 * per note, -1 for a new one) it starts from there: an unchanged account comes back as it was, and notes move
 * only where that makes a better partition.
 */
export function partitionByNeighbours(
  { rows, positionOf, lists, k }: Neighbourhood,
  previousTopic?: Int32Array,
): Partition {
  const notes = new Int32Array(rows.count);
  for (const position of positionOf) notes[position]!++;

  const graph = fuzzyGraph(lists, rows.count, k);
  const previous = previousTopic && previousByRow(previousTopic, positionOf, rows.count);
  const topics = findTopics({ graph, rows, notes, ...(previous && { previous }) });
  const areas = findAreas(graph, topics);
  const attached = attachments(graph, topics);

  const centroid = centroidsOf(rows, topics, notes);
  const closeness = Float32Array.from(topics.label, (topic, row) => similarityTo(centroid, topic, rows, row));
  const cohesion = new Float64Array(topics.count);
  const members = new Int32Array(topics.count);
  for (let row = 0; row < rows.count; row++) {
    const topic = topics.label[row]!;
    members[topic]! += notes[row]!;
    cohesion[topic]! += notes[row]! * closeness[row]!;
  }
  return {
    topic: positionOf.map((position) => topics.label[position]!),
    topics: topics.count,
    area: areas.label,
    areas: areas.count,
    confidence: Float32Array.from(positionOf, (position) => attached.confidence[position]!),
    rival: positionOf.map((position) => attached.rival[position]!),
    loose: Uint8Array.from(positionOf, (position) => attached.loose[position]!),
    closeness: Float32Array.from(positionOf, (position) => closeness[position]!),
    centroid,
    cohesion: Float32Array.from(cohesion, (sum, topic) => sum / members[topic]!),
  };
}

/** In a small account fifteen neighbours are everybody: a third of the others, but at least three. */
export function neighboursFor(rows: number): number {
  return Math.min(NEIGHBOURS, Math.max(3, Math.round(rows / 3)));
}

function previousByRow(previousTopic: Int32Array, positionOf: Int32Array, rows: number): Int32Array {
  const previous = new Int32Array(rows).fill(-1);
  for (const [note, position] of positionOf.entries()) {
    if (previous[position] === -1) previous[position] = previousTopic[note]!;
  }
  return previous;
}
