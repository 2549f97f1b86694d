import { kernelModule } from "./kernel.ts";
import { mergeLists } from "./merge-lists.ts";
import { type NeighbourLists, nearestNeighbours } from "./nearest-neighbours.ts";
import type { PackedRows } from "./packed-rows.ts";
import { openSearch, runSearch } from "./search.ts";
import { type Sketches, writeSketches } from "./sketches.ts";

/**
 * Rows in slots that stay theirs from night to night, with the lists of the last night.
 *
 * A list may be longer than what is asked of it, so that it outlasts some losses. Its last entry says how far it is
 * complete: no row that is more similar is missing. Where that is not a row but -1, rows as similar may be missing.
 */
export interface SlottedNeighbours {
  rows: PackedRows;
  sketches: Sketches;
  lists: NeighbourLists;
  listLength: number;
  /** 1 for a slot whose row of last night is gone. */
  gone: Uint8Array;
  /** Slots whose rows are new, those of `gone` rows too. */
  added: readonly number[];
}

const STRIP_ROWS = 512;
/** Parts that each strip's sweep is cut into, so that no thread is left with one long sweep. */
const SWEEPS_PER_THREAD = 2;

/**
 * Lists in which the first `k` entries are exactly those of a search from scratch, at the cost of comparing with all
 * others only the new rows and those whose lists have become too short. Sketches of new rows are filled in.
 */
export async function patchNeighbours(
  slotted: SlottedNeighbours,
  k: number,
  threads: number,
): Promise<NeighbourLists> {
  const { rows, sketches, listLength, gone, added } = slotted;
  const module = kernelModule();
  if (module === undefined) return nearestNeighbours(rows, listLength);
  const lists = {
    neighbours: slotted.lists.neighbours.slice(),
    similarities: slotted.lists.similarities.slice(),
  };
  const anew = new Uint8Array(rows.count);
  for (const slot of added) anew[slot] = 1;
  const short: number[] = [];
  for (let slot = 0; slot < rows.count; slot++) {
    if (gone[slot] === 1 || anew[slot] === 1) empty(lists, listLength, slot);
    else if (takeOut(lists, listLength, slot, gone) < k) short.push(slot);
  }
  for (const slot of short) {
    empty(lists, listLength, slot);
    anew[slot] = 1;
  }

  const queries = Uint32Array.from([...added, ...short]);
  const panels = Math.ceil(rows.count / 8);
  const jobs = Uint32Array.from([
    ...sweeps(0, added.length, panels, 1, threads),
    // The others have a short row in their lists already, where it belongs.
    ...sweeps(added.length, queries.length, panels, 0, threads),
  ]);
  const search = openSearch(module, rows, sketches.directions, {
    ...{ listLength, threads, queries, jobs, largestJob: STRIP_ROWS },
  });
  const { views, kernel } = search;
  writeSketches(search, sketches);
  for (const slot of added) kernel.sketch(slot, slot + 1);
  kernel.layOutPanels(0, panels);
  views.lists[0]!.neighbours.set(lists.neighbours);
  views.lists[0]!.similarities.set(lists.similarities);
  views.closed.set(anew);
  for (let slot = 0; slot < rows.count; slot++) {
    views.thresholds[slot] = lists.similarities[(slot + 1) * listLength - 1]!;
  }
  await runSearch(search, ["scan"]);
  const width = sketches.directions.rows.count;
  for (const slot of added) {
    sketches.codes.set(views.sketches.subarray(slot * width, (slot + 1) * width), slot * width);
    sketches.steps[slot] = views.steps[slot]!;
    sketches.remainders[slot] = views.remainders[slot]!;
    sketches.slacks[slot] = views.slacks[slot]!;
  }
  return mergeLists(views.lists, rows.keys, rows.count, listLength);
}

function empty({ neighbours, similarities }: NeighbourLists, listLength: number, slot: number): void {
  neighbours.fill(-1, slot * listLength, (slot + 1) * listLength);
  similarities.fill(0, slot * listLength, (slot + 1) * listLength);
}

/**
 * Takes rows that are gone out of a list. Returns how many entries it has left, or infinitely many where it holds all
 * rows that are similar at all.
 */
function takeOut(
  { neighbours, similarities }: NeighbourLists,
  listLength: number,
  slot: number,
  gone: Uint8Array,
): number {
  const first = slot * listLength;
  const last = first + listLength - 1;
  const complete = similarities[last]!;
  let lost = false;
  for (let at = first; at <= last && !lost; at++) lost = neighbours[at]! >= 0 && gone[neighbours[at]!] === 1;
  if (!lost) return Number.POSITIVE_INFINITY;
  let to = first;
  for (let at = first; at <= last; at++) {
    const neighbour = neighbours[at]!;
    // Of rows as similar as the last entry some may never have been in the list.
    if (neighbour < 0 || gone[neighbour] === 1 || similarities[at] === complete) continue;
    neighbours[to] = neighbour;
    similarities[to++] = similarities[at]!;
  }
  neighbours.fill(-1, to, last + 1);
  similarities.fill(complete, to, last + 1);
  return complete === 0 ? Number.POSITIVE_INFINITY : to - first;
}

/** Jobs in which the queries `from .. to - 1` meet all panels. */
function sweeps(from: number, to: number, panels: number, back: number, threads: number): number[] {
  const jobs: number[] = [];
  const part = Math.ceil(panels / (threads * SWEEPS_PER_THREAD));
  for (let first = from; first < to; first += STRIP_ROWS) {
    for (let panel = 0; panel < panels; panel += part) {
      jobs.push(first, Math.min(STRIP_ROWS, to - first), panel, Math.min(panels, panel + part), back);
    }
  }
  return jobs;
}
