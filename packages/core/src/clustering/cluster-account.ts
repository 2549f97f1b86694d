import { distinctRows } from "./distinct-rows.ts";
import { findNeighbours } from "./find-neighbours.ts";
import {
  checksumOf,
  decodeState,
  encodeState,
  KEPT_NEIGHBOURS,
  SLOTS_PER_CHUNK,
  type StateChunk,
  type StateHeader,
  wholeChunks,
} from "./kept-state.ts";
import type { NeighbourLists } from "./nearest-neighbours.ts";
import { packVectors } from "./pack-vectors.ts";
import { type PackedRows, resizedRows, rowsAt } from "./packed-rows.ts";
import {
  everyRow,
  neighboursFor,
  type Partition,
  type PreviousPartition,
  partitionByNeighbours,
} from "./partition.ts";
import { patchNeighbours } from "./patch-neighbours.ts";
import { resizedSketches } from "./sketches.ts";
import { type SlottedNotes, slotNotes } from "./slot-rows.ts";

/** One account's notes, in the order of their ids. */
export interface AccountToCluster {
  dimensions: number;
  /** Says of each note which vector it has: see note-key.ts. */
  noteKeys: BigUint64Array;
  /** What earlier nights left of topics. */
  previous?: PreviousPartition;
  /** Row-major, the vectors of the notes that `kept` does not know; without it, of all. */
  vectors: Float32Array;
  /** What the last night left, whole or not. */
  kept?: { header: StateHeader; chunks: StateChunk[] };
  /** From so many distinct vectors on, neighbours are worth keeping. */
  keepFrom: number;
  /** To get the rows of all notes back. */
  wantsRows?: boolean;
}

export interface ClusteredAccount {
  partition: Partition;
  /** What to keep for the next night: chunks to write, `all` there are or only what has changed. */
  keep?: { header: StateHeader; chunks: StateChunk[]; all: boolean };
  /** A row a note, if that was asked for. */
  rows?: PackedRows;
}

/** Above this share of new and vanished vectors, a search from scratch is as fast, and its sketches fit better. */
const MOST_PATCHED = 0.25;

/**
 * Groups an account's notes on up to `threads` threads: to the bit what partitionNotes gives, whether neighbours are
 * searched from scratch or patched from last night's. Undefined where `kept` is not whole: ask again without, with
 * all vectors.
 */
export async function clusterAccount(
  input: AccountToCluster,
  threads: number,
): Promise<ClusteredAccount | undefined> {
  const { dimensions, vectors, kept } = input;
  const incoming = packVectors({ vectors, count: vectors.length / dimensions, dimensions });
  if (kept === undefined) {
    const { rows, positionOf } = distinctRows(incoming);
    return searchFromScratch(rows, positionOf, input, threads);
  }
  const state = decodeState(kept.header, dimensions, kept.chunks, incoming.count);
  if (state === undefined) return undefined;
  const slotted = slotNotes(state, kept.header.slots, input.noteKeys, incoming);
  const { rows } = slotted.state;
  const { order: rowOf, positionOf } = inOrderOfNotes(slotted.slots, rows.count);
  if (!isQuiet(slotted)) {
    return searchFromScratch(rowsAt(rows, rowOf), positionOf, input, threads);
  }
  const k = neighboursFor(rowOf.length);
  slotted.state.lists = await patchNeighbours(
    { ...slotted.state, listLength: KEPT_NEIGHBOURS, gone: slotted.gone, added: slotted.added },
    k,
    threads,
  );
  const lists = listsInOrder(slotted.state.lists, rowOf, rows.count, k);
  return {
    partition: partitionByNeighbours({ rows, rowOf, positionOf, lists, k }, input.previous),
    keep: changesOf(slotted, kept.chunks),
    ...(input.wantsRows && { rows: rowsAt(rows, slotted.slots) }),
  };
}

async function searchFromScratch(
  rows: PackedRows,
  positionOf: Int32Array,
  { noteKeys, previous, keepFrom, wantsRows }: AccountToCluster,
  threads: number,
): Promise<ClusteredAccount> {
  const k = neighboursFor(rows.count);
  const listLength = rows.count >= keepFrom ? KEPT_NEIGHBOURS : k;
  const found = await findNeighbours(rows, listLength, { threads, sketchFrom: keepFrom });
  const lists = firstOfLists(found.lists, rows.count, listLength, k);
  const partition = partitionByNeighbours({ rows, rowOf: everyRow(rows), positionOf, lists, k }, previous);
  const rowsBack = wantsRows ? { rows: rowsAt(rows, positionOf) } : {};
  if (found.sketches === undefined) return { partition, ...rowsBack };
  const slots = wholeChunks(rows.count);
  const chunks = encodeState({
    rows: resizedRows(rows, slots),
    sketches: resizedSketches(found.sketches, slots),
    lists: {
      neighbours: filledUp(found.lists.neighbours, new Int32Array(slots * listLength).fill(-1)),
      similarities: filledUp(found.lists.similarities, new Float32Array(slots * listLength)),
    },
    slotOf: new Map(Array.from(positionOf, (slot, note) => [noteKeys[note]!, slot])),
  });
  return {
    partition,
    keep: { header: { slots, checksum: checksumOf(chunks) }, chunks, all: true },
    ...rowsBack,
  };
}

function isQuiet({ added, gone, live, state }: SlottedNotes): boolean {
  const vanished = gone.reduce((sum, one) => sum + one, 0);
  return added.length + vanished <= MOST_PATCHED * live && live >= state.rows.count / 2;
}

/** The slots in the order in which notes first have them, as distinctRows would put their rows. */
function inOrderOfNotes(slots: Int32Array, count: number): { order: Int32Array; positionOf: Int32Array } {
  const positionOfSlot = new Int32Array(count).fill(-1);
  const order = new Int32Array(count);
  let positions = 0;
  for (const slot of slots) {
    if (positionOfSlot[slot] !== -1) continue;
    positionOfSlot[slot] = positions;
    order[positions++] = slot;
  }
  return { order: order.slice(0, positions), positionOf: slots.map((slot) => positionOfSlot[slot]!) };
}

/** The first k entries of the lists of these slots, with positions in `order` in the place of slots. */
function listsInOrder(
  { neighbours, similarities }: NeighbourLists,
  order: Int32Array,
  slots: number,
  k: number,
): NeighbourLists {
  const positionOf = new Int32Array(slots);
  for (const [position, slot] of order.entries()) positionOf[slot] = position;
  const lists = {
    neighbours: new Int32Array(order.length * k).fill(-1),
    similarities: new Float32Array(order.length * k),
  };
  for (let position = 0; position < order.length; position++) {
    const from = order[position]! * KEPT_NEIGHBOURS;
    for (let j = 0; j < k && neighbours[from + j]! >= 0; j++) {
      lists.neighbours[position * k + j] = positionOf[neighbours[from + j]!]!;
      lists.similarities[position * k + j] = similarities[from + j]!;
    }
  }
  return lists;
}

function firstOfLists(lists: NeighbourLists, count: number, listLength: number, k: number): NeighbourLists {
  if (listLength === k) return lists;
  const first = { neighbours: new Int32Array(count * k), similarities: new Float32Array(count * k) };
  for (let row = 0; row < count; row++) {
    const from = row * listLength;
    first.neighbours.set(lists.neighbours.subarray(from, from + k), row * k);
    first.similarities.set(lists.similarities.subarray(from, from + k), row * k);
  }
  return first;
}

function filledUp<A extends Int32Array | Float32Array>(values: A, room: A): A {
  room.set(values);
  return room;
}

function changesOf(
  { state, gone, added }: SlottedNotes,
  before: StateChunk[],
): NonNullable<ClusteredAccount["keep"]> {
  const changed = gone.slice();
  for (const slot of added) changed[slot] = 1;
  const known = new Map(before.map((chunk) => [placeOf(chunk), chunk]));
  // Chunks behind the last night's are new even where nothing is in them yet.
  for (let slot = 0; slot < changed.length; slot += SLOTS_PER_CHUNK) {
    if (!known.has(placeOf({ part: "rows", chunk: slot / SLOTS_PER_CHUNK }))) changed[slot] = 1;
  }
  const encoded = encodeState(state, changed);
  const chunks = encoded.filter((chunk) => known.get(placeOf(chunk))?.checksum !== chunk.checksum);
  const all = new Map([...known, ...chunks.map((chunk) => [placeOf(chunk), chunk] as const)]);
  return {
    header: { slots: state.rows.count, checksum: checksumOf([...all.values()]) },
    chunks,
    all: false,
  };
}

function placeOf({ part, chunk }: Pick<StateChunk, "part" | "chunk">): string {
  return `${part}/${chunk}`;
}
