import { equalRows } from "./distinct-rows.ts";
import { type KeptState, wholeChunks } from "./kept-state.ts";
import { blankRow, copyRow, type PackedRows, resizedRows } from "./packed-rows.ts";
import { blankSketch, resizedSketches } from "./sketches.ts";

export interface SlottedNotes {
  /** Last night's state with tonight's rows; lists are still last night's, with room for the new slots. */
  state: KeptState;
  /** The slot of each of tonight's notes. */
  slots: Int32Array;
  /** 1 for a slot whose row of last night is gone. */
  gone: Uint8Array;
  /** Slots whose rows are new. */
  added: number[];
  live: number;
}

/**
 * Gives each of tonight's notes a slot: a note that is known keeps its own; a new vector gets that of an equal row, or
 * a free one, or another at the end. Rows that no note has any more are wiped, for they are as good as its vector.
 *
 * @param incoming the rows of the notes that are not known, in their order
 */
export function slotNotes(
  kept: KeptState,
  listLength: number,
  noteKeys: BigUint64Array,
  incoming: PackedRows,
): SlottedNotes {
  const slots = new Int32Array(noteKeys.length);
  const used = new Uint8Array(kept.rows.count);
  const unknown: number[] = [];
  for (let note = 0; note < noteKeys.length; note++) {
    const slot = kept.slotOf.get(noteKeys[note]!) ?? -1;
    slots[note] = slot;
    if (slot >= 0) used[slot] = 1;
    else unknown.push(note);
  }
  const gone = new Uint8Array(kept.rows.count);
  for (const slot of kept.slotOf.values()) if (used[slot] === 0) gone[slot] = 1;

  const byKey = new Map<bigint, number>();
  for (let slot = 0; slot < kept.rows.count; slot++)
    if (used[slot] === 1) byKey.set(kept.rows.keys[slot]!, slot);
  // Slots of tonight's new rows, and which of the incoming rows goes into each.
  const added: number[] = [];
  const source: number[] = [];
  const newByKey = new Map<bigint, number>();
  let free = 0;
  let end = kept.rows.count;
  for (const [row, note] of unknown.entries()) {
    const key = incoming.keys[row]!;
    const present = byKey.get(key);
    if (present !== undefined && equalRows(kept.rows, present, incoming, row)) {
      slots[note] = present;
      continue;
    }
    const twin = newByKey.get(key);
    if (twin !== undefined && equalRows(incoming, source[twin]!, incoming, row)) {
      slots[note] = added[twin]!;
      continue;
    }
    while (free < kept.rows.count && used[free] === 1) free++;
    const slot = free < kept.rows.count ? free++ : end++;
    newByKey.set(key, added.length);
    added.push(slot);
    source.push(row);
    slots[note] = slot;
  }

  const count = wholeChunks(end);
  const state: KeptState = {
    rows: resizedRows(kept.rows, count),
    sketches: resizedSketches(kept.sketches, count),
    lists: {
      neighbours: resized(kept.lists.neighbours, new Int32Array(count * listLength).fill(-1)),
      similarities: resized(kept.lists.similarities, new Float32Array(count * listLength)),
    },
    slotOf: new Map(),
  };
  for (let slot = 0; slot < kept.rows.count; slot++) {
    if (gone[slot] === 0) continue;
    blankRow(state.rows, slot);
    blankSketch(state.sketches, slot);
  }
  for (const [i, slot] of added.entries()) copyRow(incoming, source[i]!, state.rows, slot);
  for (let note = 0; note < noteKeys.length; note++) state.slotOf.set(noteKeys[note]!, slots[note]!);
  const wentAway = new Uint8Array(count);
  wentAway.set(gone);
  const live = new Set(slots).size;
  return { state, slots, gone: wentAway, added, live };
}

function resized<A extends Int32Array | Float32Array>(kept: A, room: A): A {
  room.set(kept);
  return room;
}
