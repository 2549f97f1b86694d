/** The rows nearest to their topic's centroid, the nearest first, `limit` of them at most. */
export function mostCentral(rows: readonly number[], closeness: Float32Array, limit: number): number[] {
  return [...rows].sort((a, b) => closeness[b]! - closeness[a]! || a - b).slice(0, limit);
}
