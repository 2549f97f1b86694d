import { equalRows } from "./distinct-rows.ts";
import { firstSlots, type KeptState, wholeChunks } from "./kept-state.ts";
import { blankRow, copyRow, type PackedRows } from "./packed-rows.ts";
import { blankSketch } from "./sketches.ts";

export interface SlottedNotes {
  /** Last night's state with tonight's rows, in its memory; lists are still last night's. */
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
 * @param kept has spare slots for all incoming rows, and is used up
 * @param slotsBefore how many of its slots are not spare
 * @param incoming the rows of the notes that are not known, in their order
 */
export function slotNotes(
  kept: KeptState,
  slotsBefore: number,
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

  const wanted = new Set(incoming.keys);
  const byKey = new Map<bigint, number>();
  for (let slot = 0; slot < kept.rows.count; slot++) {
    if (used[slot] === 1 && wanted.has(kept.rows.keys[slot]!)) byKey.set(kept.rows.keys[slot]!, slot);
  }
  // Slots of tonight's new rows, and which of the incoming rows goes into each.
  const added: number[] = [];
  const source: number[] = [];
  const newByKey = new Map<bigint, number>();
  let free = 0;
  let end = 0;
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
    while (used[free] === 1) free++;
    const slot = free++;
    end = free;
    newByKey.set(key, added.length);
    added.push(slot);
    source.push(row);
    slots[note] = slot;
  }

  for (let slot = 0; slot < gone.length; slot++) {
    if (gone[slot] === 0) continue;
    blankRow(kept.rows, slot);
    blankSketch(kept.sketches, slot);
  }
  const count = wholeChunks(Math.max(end, slotsBefore));
  const state = { ...firstSlots(kept, count), slotOf: new Map<bigint, number>() };
  for (const [i, slot] of added.entries()) copyRow(incoming, source[i]!, state.rows, slot);
  for (let note = 0; note < noteKeys.length; note++) state.slotOf.set(noteKeys[note]!, slots[note]!);
  const live = new Set(slots).size;
  return { state, slots, gone: gone.subarray(0, count), added, live };
}
