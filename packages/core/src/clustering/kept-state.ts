import { crc32 } from "node:zlib";
import type { NeighbourLists } from "./nearest-neighbours.ts";
import { emptyRows, type PackedRows } from "./packed-rows.ts";
import { emptySketches, type Sketches } from "./sketches.ts";

/**
 * What is kept of an account's vectors between nights, and how it lies in bytes (little-endian, as on every machine
 * that runs this). A row has a slot that stays its own, so that a night writes only the chunks of what has changed.
 */
export interface KeptState {
  rows: PackedRows;
  sketches: Sketches;
  lists: NeighbourLists;
  /** The slot of each note's row, by note key. */
  slotOf: Map<bigint, number>;
}

/** The format and the arithmetic. Whatever changes a code, a similarity or a byte raises it: all is made again. */
export const KEPT_VERSION = 2;
/** Lists longer than the graph needs outlast some losses. */
export const KEPT_NEIGHBOURS = 22;
/** Slots come in whole chunks. 75 KB at 512 dimensions: a night of 1 % rewrites a quarter of them. */
export const SLOTS_PER_CHUNK = 64;
const LISTS_PER_CHUNK = 1_024;

export const keptParts = ["notes", "directions", "rows", "lists"] as const;

export interface StateChunk {
  part: string;
  chunk: number;
  checksum: number;
  bytes: Uint8Array;
}

export interface StateHeader {
  slots: number;
  checksum: number;
}

/** A chunk's arrays one behind the other, those of wide elements first. */
function joined(
  parts: (Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigUint64Array)[],
) {
  const bytes = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** All chunks, or of the rows only those in which a slot is `changed`. */
export function encodeState(state: KeptState, changed?: Uint8Array): StateChunk[] {
  const { rows, sketches, lists, slotOf } = state;
  const { directions, ...sketched } = sketches;
  const width = directions.rows.count;
  const chunks: Omit<StateChunk, "checksum">[] = [
    {
      part: "notes",
      chunk: 0,
      bytes: joined([BigUint64Array.from(slotOf.keys()), Int32Array.from(slotOf.values())]),
    },
    {
      part: "directions",
      chunk: 0,
      bytes: joined([
        Float64Array.of(directions.skew),
        directions.rows.inverseLengths,
        directions.rows.codes,
      ]),
    },
  ];
  for (let first = 0; first < rows.count; first += SLOTS_PER_CHUNK) {
    const end = first + SLOTS_PER_CHUNK;
    if (changed?.subarray(first, end).includes(1) === false) continue;
    const bytes = joined([
      rows.keys.subarray(first, end),
      rows.inverseLengths.subarray(first, end),
      sketched.steps.subarray(first, end),
      sketched.remainders.subarray(first, end),
      sketched.slacks.subarray(first, end),
      rows.codes.subarray(first * rows.stride, end * rows.stride),
      sketched.codes.subarray(first * width, end * width),
    ]);
    chunks.push({ part: "rows", chunk: first / SLOTS_PER_CHUNK, bytes });
  }
  for (let first = 0; first < rows.count; first += LISTS_PER_CHUNK) {
    const [from, to] = [first * KEPT_NEIGHBOURS, (first + LISTS_PER_CHUNK) * KEPT_NEIGHBOURS];
    const bytes = joined([lists.neighbours.subarray(from, to), lists.similarities.subarray(from, to)]);
    chunks.push({ part: "lists", chunk: first / LISTS_PER_CHUNK, bytes });
  }
  return chunks.map((chunk) => ({ ...chunk, checksum: crc32(chunk.bytes) }));
}

/** One checksum over those of all chunks, so that a chunk too few, too many or of another night is noticed. */
export function checksumOf(chunks: readonly StateChunk[]): number {
  const lines = chunks.map(({ part, chunk, checksum }) => `${part}/${chunk}/${checksum}`).sort();
  return crc32(lines.join("\n"));
}

/** The keys of the notes in the chunks of `notes`, or undefined where these are not whole. */
export function decodeNotes(chunks: readonly StateChunk[]): Map<bigint, number> | undefined {
  const [notes, ...more] = chunks;
  if (notes === undefined || more.length > 0 || !isWhole(notes) || notes.bytes.length % 12 !== 0)
    return undefined;
  const count = notes.bytes.length / 12;
  const from = reader(notes.bytes);
  const keys = new BigUint64Array(count);
  const slots = new Int32Array(count);
  from(keys);
  from(slots);
  const slotOf = new Map<bigint, number>();
  for (let note = 0; note < count; note++) slotOf.set(keys[note]!, slots[note]!);
  return slotOf;
}

function isWhole({ bytes, checksum }: StateChunk): boolean {
  return crc32(bytes) === checksum;
}

/** The state in these chunks with `spare` more slots behind it, or undefined where anything is missing or damaged. */
export function decodeState(
  header: StateHeader,
  dimensions: number,
  chunks: readonly StateChunk[],
  spare = 0,
): KeptState | undefined {
  if (checksumOf(chunks) !== header.checksum || !chunks.every(isWhole)) return undefined;
  const ofPart = (part: string) =>
    chunks.filter((chunk) => chunk.part === part).sort((a, b) => a.chunk - b.chunk);
  const slotOf = decodeNotes(ofPart("notes"));
  const [directionBytes] = ofPart("directions");
  if (slotOf === undefined || directionBytes === undefined) return undefined;
  try {
    const slots = wholeChunks(header.slots + spare);
    const rows = emptyRows(slots, dimensions);
    const width = (directionBytes.bytes.length - 8) / (8 + 2 * rows.stride);
    if (!Number.isInteger(width)) return undefined;
    const directionRows = emptyRows(width, dimensions);
    const skew = new Float64Array(1);
    const from = reader(directionBytes.bytes);
    for (const array of [skew, directionRows.inverseLengths, directionRows.codes]) from(array);
    const sketches = emptySketches({ rows: directionRows, skew: skew[0]! }, slots);
    for (const { chunk, bytes } of ofPart("rows")) {
      const [first, end] = [chunk * SLOTS_PER_CHUNK, (chunk + 1) * SLOTS_PER_CHUNK];
      const into = reader(bytes);
      into(rows.keys.subarray(first, end));
      into(rows.inverseLengths.subarray(first, end));
      into(sketches.steps.subarray(first, end));
      into(sketches.remainders.subarray(first, end));
      into(sketches.slacks.subarray(first, end));
      into(rows.codes.subarray(first * rows.stride, end * rows.stride));
      into(sketches.codes.subarray(first * width, end * width));
    }
    const lists = {
      neighbours: new Int32Array(slots * KEPT_NEIGHBOURS).fill(-1),
      similarities: new Float32Array(slots * KEPT_NEIGHBOURS),
    };
    for (const { chunk, bytes } of ofPart("lists")) {
      const [first, end] = [
        chunk * LISTS_PER_CHUNK * KEPT_NEIGHBOURS,
        Math.min(header.slots, (chunk + 1) * LISTS_PER_CHUNK) * KEPT_NEIGHBOURS,
      ];
      const into = reader(bytes);
      into(lists.neighbours.subarray(first, end));
      into(lists.similarities.subarray(first, end));
    }
    return { rows, sketches, lists, slotOf };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a chunk of another size
    throw error;
  }
}

/** Copies from `bytes` into one array after the other. */
function reader(bytes: Uint8Array) {
  let at = 0;
  return (array: ArrayBufferView) => {
    if (at + array.byteLength > bytes.length) throw new RangeError("a chunk is too short");
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      bytes.subarray(at, at + array.byteLength),
    );
    at += array.byteLength;
  };
}

/** Without the slots behind the first `count`, in the same memory. */
export function firstSlots(state: KeptState, count: number): KeptState {
  const { rows, sketches, lists } = state;
  const width = sketches.directions.rows.count;
  return {
    ...state,
    rows: {
      ...rows,
      count,
      codes: rows.codes.subarray(0, count * rows.stride),
      inverseLengths: rows.inverseLengths.subarray(0, count),
      keys: rows.keys.subarray(0, count),
    },
    sketches: {
      ...sketches,
      codes: sketches.codes.subarray(0, count * width),
      steps: sketches.steps.subarray(0, count),
      remainders: sketches.remainders.subarray(0, count),
      slacks: sketches.slacks.subarray(0, count),
    },
    lists: {
      neighbours: lists.neighbours.subarray(0, count * KEPT_NEIGHBOURS),
      similarities: lists.similarities.subarray(0, count * KEPT_NEIGHBOURS),
    },
  };
}

/** Slots that hold `count` rows; those of the last chunk that are left over are free. */
export function wholeChunks(count: number): number {
  return Math.ceil(count / SLOTS_PER_CHUNK) * SLOTS_PER_CHUNK;
}
