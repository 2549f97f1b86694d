import type { PackedRows } from "./packed-rows.ts";

/** The directions that most of the rows' length lies in, near enough orthonormal. */
export interface Directions {
  rows: PackedRows;
  /** At least the spectral norm of (products of all directions with each other) - identity. */
  skew: number;
}
