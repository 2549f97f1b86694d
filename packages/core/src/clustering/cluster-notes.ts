import { distinctRows } from "./distinct-rows.ts";
import { findNeighbours } from "./find-neighbours.ts";
import { packVectors } from "./pack-vectors.ts";
import type { VectorRows } from "./packed-rows.ts";
import {
  everyRow,
  neighboursFor,
  type Partition,
  type PreviousPartition,
  partitionByNeighbours,
} from "./partition.ts";

/** One account's vectors, a row a note, and what earlier nights left. */
export interface NotesToCluster extends VectorRows {
  previous?: PreviousPartition;
}

/** Groups an account's notes on up to `threads` threads: to the bit what partitionNotes gives. */
export async function clusterNotes(input: NotesToCluster, threads: number): Promise<Partition> {
  const { rows, positionOf } = distinctRows(packVectors(input));
  const k = neighboursFor(rows.count);
  const { lists } = await findNeighbours(rows, k, { threads });
  return partitionByNeighbours({ rows, rowOf: everyRow(rows), positionOf, lists, k }, input.previous);
}
