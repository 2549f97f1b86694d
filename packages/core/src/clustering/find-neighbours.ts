import type { Directions } from "./directions.ts";
import { kernelModule } from "./kernel.ts";
import { mergeLists } from "./merge-lists.ts";
import { type NeighbourLists, nearestNeighbours } from "./nearest-neighbours.ts";
import { emptyRows, type PackedRows } from "./packed-rows.ts";
import { principalDirections } from "./principal-directions.ts";
import { endSearchThreads, openSearch, runSearch, type Search } from "./search.ts";
import { startSearchThreads } from "./search-thread.ts";
import { type Sketches, sketchesOf } from "./sketches.ts";

/** Below, sketches cost more than they save, and so does another thread. */
const ROWS_WORTH_SKETCHING = 3_000;
/** On notes' vectors 128 directions leave a tenth of all pairs to compare in full, 64 four tenths. */
const SKETCH_WIDTH = 128;
/** Queries compared in one sweep over all rows: their codes (512 KB at 512 dimensions) stay in the second-level cache. */
const STRIP_ROWS = 512;
const SMALLEST_STRIP = 64;
const PANEL_ROWS = 8;

export interface SearchOptions {
  /** Threads to compute on, this one among them. */
  threads: number;
  /** For tests: sketches however few the rows. */
  sketchFrom?: number;
}

export interface FoundNeighbours {
  lists: NeighbourLists;
  /** What patch-neighbours.ts can go on from; undefined where the rows were too few to sketch. */
  sketches: Sketches | undefined;
}

/**
 * Exact k nearest neighbours, as nearestNeighbours gives them to the bit, on several threads and with the vector
 * instructions of the machine. Resolves when all threads are done; this one computes too, and blocks meanwhile.
 */
export async function findNeighbours(
  rows: PackedRows,
  k: number,
  { threads, sketchFrom = ROWS_WORTH_SKETCHING }: SearchOptions,
): Promise<FoundNeighbours> {
  const module = kernelModule();
  if (module === undefined || rows.count === 0) {
    return { lists: nearestNeighbours(rows, k), sketches: undefined };
  }
  const large = rows.count >= sketchFrom;
  const used = large ? threads : 1;
  // A thread takes about as long to start as the directions take to be found.
  const others = startSearchThreads(used - 1);
  let directions: Directions;
  let search: Search;
  try {
    directions = large ? principalDirections(module, rows, sketchWidth(rows.dimensions)) : noDirections(rows);
    search = openSearch(module, rows, directions, {
      ...{ listLength: k, threads: used, jobs: allPairs(rows.count, used), largestJob: STRIP_ROWS },
      queries: Uint32Array.from({ length: rows.count }, (_, row) => row),
    });
  } catch (error) {
    await endSearchThreads(others);
    throw error;
  }
  await runSearch(search, ["sketch", "scan"], others);
  return {
    lists: mergeLists(search.views.lists, rows.keys, rows.count, k),
    sketches: large ? sketchesOf(search, directions) : undefined,
  };
}

/** Multiples of four, at most what there are dimensions. */
function sketchWidth(dimensions: number): number {
  return Math.min(SKETCH_WIDTH, Math.ceil(dimensions / 4) * 4);
}

function noDirections({ dimensions }: PackedRows): Directions {
  return { rows: emptyRows(0, dimensions), skew: 0 };
}

/**
 * Every pair once: strips of queries, each against itself (a pair is met from both sides) and against the rows behind
 * it (offered to both sides). The longest sweeps come first, so that threads end together.
 */
function allPairs(count: number, threads: number): Uint32Array {
  const fair = Math.ceil(count / (8 * threads) / PANEL_ROWS) * PANEL_ROWS;
  const strip = Math.min(STRIP_ROWS, Math.max(SMALLEST_STRIP, fair));
  const panels = Math.ceil(count / PANEL_ROWS);
  const jobs: number[] = [];
  for (let first = 0; first < count; first += strip) {
    const queries = Math.min(strip, count - first);
    const behind = Math.min(panels, (first + strip) / PANEL_ROWS);
    jobs.push(first, queries, first / PANEL_ROWS, behind, 0);
    if (behind < panels) jobs.push(first, queries, behind, panels, 1);
  }
  return Uint32Array.from(jobs);
}
