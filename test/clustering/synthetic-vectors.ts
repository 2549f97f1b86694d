import { seededRandom } from "@noctuary/core/clustering/seeded-random";

/** Unit vectors in groups around random centres, the groups taking turns: row i belongs to group i % groups. */
export function groupedVectors(options: {
  count: number;
  groups: number;
  dimensions: number;
  /** Length of the noise against 1 for the centre. */
  spread: number;
  seed: number;
}): { vectors: Float32Array; group: number[] } {
  const { count, groups, dimensions, spread, seed } = options;
  const random = seededRandom(seed);
  const centres = Array.from({ length: groups }, () => randomUnit(dimensions, random));
  const vectors = new Float32Array(count * dimensions);
  const group: number[] = [];
  for (let row = 0; row < count; row++) {
    const centre = centres[row % groups]!;
    const noise = randomUnit(dimensions, random);
    const sum = centre.map((value, d) => value + spread * noise[d]!);
    const length = Math.hypot(...sum);
    for (let d = 0; d < dimensions; d++) vectors[row * dimensions + d] = sum[d]! / length;
    group.push(row % groups);
  }
  return { vectors, group };
}

function randomUnit(dimensions: number, random: () => number): number[] {
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const vector = Array.from({ length: dimensions }, gaussian);
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
