/** Rows of unit vectors, and the centroid of each topic, row-major. */
export interface TopicVectors {
  vectors: Float32Array;
  centroid: Float32Array;
  dimensions: number;
}

/** The rows nearest to a topic's centroid, the nearest first, `limit` of them at most. */
export function mostCentral(
  rows: readonly number[],
  topic: number,
  { vectors, centroid, dimensions }: TopicVectors,
  limit: number,
): number[] {
  const closeness = (row: number) => {
    let dot = 0;
    for (let i = 0; i < dimensions; i++)
      dot += vectors[row * dimensions + i]! * centroid[topic * dimensions + i]!;
    return dot;
  };
  return rows
    .map((row) => ({ row, closeness: closeness(row) }))
    .sort((a, b) => b.closeness - a.closeness || a.row - b.row)
    .slice(0, limit)
    .map(({ row }) => row);
}
