import { Buffer } from "node:buffer";
import type { Directions } from "./directions.ts";
import { kernelBase64 } from "./kernel-bytes.ts";
import type { NeighbourLists } from "./nearest-neighbours.ts";
import type { PackedRows } from "./packed-rows.ts";

/** The kernel's exports: see the files of kernel. Addresses and counts are 32-bit integers. */
export interface Kernel {
  configure(...layout: number[]): void;
  sketch(first: number, last: number): void;
  layOutPanels(first: number, last: number): void;
  scan(queries: number, queryCount: number, firstPanel: number, lastPanel: number, back: number): void;
  pack(
    ...[vectors, count, dimensions, codes, stride, inverseLengths, keys, lanes]: [
      ...[number, number, number, number],
      ...[number, number, number, number],
    ]
  ): void;
  project(...[samples, count, directions, width, stride, next]: number[]): void;
  orthonormalise(directions: number, width: number, stride: number): void;
}

const PANEL_ROWS = 8;
const PAGE_BYTES = 65_536;
const LARGEST_MEMORY_PAGES = 65_536;

let compiled: WebAssembly.Module | undefined | null = null;

/** Undefined where this machine's engine lacks relaxed SIMD or threads. */
export function kernelModule(): WebAssembly.Module | undefined {
  if (compiled === null) {
    const bytes = Buffer.from(kernelBase64, "base64");
    compiled = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
  }
  return compiled;
}

/** Where everything lies in the memory that all threads of one search share. Addresses in bytes. */
export interface SearchLayout {
  rows: number;
  panels: number;
  stride: number;
  listLength: number;
  width: number;
  skew: number;
  threads: number;
  codes: number;
  inverseLengths: number;
  keys: number;
  closed: number;
  sketches: number;
  panelBytes: number;
  steps: number;
  remainders: number;
  slacks: number;
  thresholds: number;
  /** Of each thread. */
  neighbours: number[];
  similarities: number[];
  scratch: number[];
  /** Row numbers, in the order of `jobs`. */
  queries: number;
  /** See search-neighbours.ts. */
  jobs: number;
  /** The next job, taken by whoever is free. */
  nextJob: number;
  bytes: number;
}

export interface SearchSize {
  rows: number;
  stride: number;
  listLength: number;
  directions: Directions;
  threads: number;
  /** Queries in all jobs and in the largest one. */
  queries: number;
  largestJob: number;
  jobs: number;
}

export function searchLayout(size: SearchSize): SearchLayout {
  const { rows, stride, listLength, threads } = size;
  const width = size.directions.rows.count;
  const panels = Math.ceil(rows / PANEL_ROWS);
  const padded = panels * PANEL_ROWS;
  const space = new MemorySpace();
  const reserve = (bytes: number) => space.reserve(bytes);
  const each = (bytes: number) => Array.from({ length: threads }, () => reserve(bytes));
  const groups = Math.ceil(size.largestJob / 4);
  const layout = {
    ...{ rows, panels, stride, listLength, width, threads },
    skew: size.directions.skew,
    codes: reserve((rows + width) * stride * 2),
    inverseLengths: reserve((rows + width) * 8),
    keys: reserve(padded * 8),
    closed: reserve(padded),
    sketches: reserve(padded * width),
    panelBytes: reserve(padded * width),
    steps: reserve(padded * 4),
    remainders: reserve(padded * 4),
    slacks: reserve(padded * 4),
    thresholds: reserve(padded * 4),
    neighbours: each(rows * listLength * 4),
    similarities: each(rows * listLength * 4),
    scratch: each(groups * (80 + 4 * width) + width * 4),
    queries: reserve(size.queries * 4),
    jobs: reserve(size.jobs * 5 * 4),
    nextJob: reserve(4),
  };
  return { ...layout, bytes: space.end };
}

/** Addresses one behind the other, each at the beginning of a cache line. */
class MemorySpace {
  end = PAGE_BYTES; // the compiler's own data lies below

  reserve(bytes: number): number {
    const address = this.end;
    this.end = Math.ceil((address + bytes) / 64) * 64;
    return address;
  }
}

/** @throws {RangeError} where the rows do not fit into the 4 GB that a WebAssembly memory can have. */
export function searchMemory({ bytes }: { bytes: number }): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  if (pages > LARGEST_MEMORY_PAGES) throw new RangeError("too many vectors for one search");
  return new WebAssembly.Memory({ initial: pages, maximum: LARGEST_MEMORY_PAGES, shared: true });
}

/** A memory with arrays of these sizes in it. */
export function kernelMemory(sizes: readonly number[]): { memory: WebAssembly.Memory; addresses: number[] } {
  const space = new MemorySpace();
  const addresses = sizes.map((bytes) => space.reserve(bytes));
  return { memory: searchMemory({ bytes: space.end }), addresses };
}

export function startKernel(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernel {
  return new WebAssembly.Instance(module, { env: { memory, abort() {} } }).exports as unknown as Kernel;
}

export function startSearch(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  layout: SearchLayout,
  thread: number,
): Kernel {
  const kernel = startKernel(module, memory);
  kernel.configure(
    ...[layout.rows, layout.listLength, layout.stride * 2, layout.width, layout.skew],
    ...[layout.codes, layout.inverseLengths, layout.keys, layout.closed, layout.sketches, layout.panelBytes],
    ...[layout.steps, layout.remainders, layout.slacks, layout.thresholds],
    ...[layout.neighbours[thread]!, layout.similarities[thread]!, layout.scratch[thread]!],
  );
  return kernel;
}

/** The arrays of a search's memory, as views. */
export function searchViews({ buffer }: WebAssembly.Memory, layout: SearchLayout) {
  const { rows, stride, width, listLength, panels } = layout;
  const padded = panels * PANEL_ROWS;
  return {
    codes: new Int16Array(buffer, layout.codes, (rows + width) * stride),
    inverseLengths: new Float64Array(buffer, layout.inverseLengths, rows + width),
    keys: new BigUint64Array(buffer, layout.keys, rows),
    sketches: new Int8Array(buffer, layout.sketches, rows * width),
    steps: new Float32Array(buffer, layout.steps, rows),
    remainders: new Float32Array(buffer, layout.remainders, rows),
    slacks: new Float32Array(buffer, layout.slacks, rows),
    closed: new Uint8Array(buffer, layout.closed, padded),
    thresholds: new Float32Array(buffer, layout.thresholds, padded),
    lists: layout.neighbours.map(
      (neighbours, thread): NeighbourLists => ({
        neighbours: new Int32Array(buffer, neighbours, rows * listLength),
        similarities: new Float32Array(buffer, layout.similarities[thread]!, rows * listLength),
      }),
    ),
  };
}

export function writeRows(
  memory: WebAssembly.Memory,
  layout: SearchLayout,
  rows: PackedRows,
  { rows: directions }: Directions,
): void {
  const views = searchViews(memory, layout);
  views.codes.set(rows.codes.subarray(0, rows.count * rows.stride));
  views.codes.set(directions.codes, rows.count * rows.stride);
  views.inverseLengths.set(rows.inverseLengths.subarray(0, rows.count));
  views.inverseLengths.set(directions.inverseLengths, rows.count);
  views.keys.set(rows.keys.subarray(0, rows.count));
}
