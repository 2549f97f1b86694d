import type { Graph } from "./graph.ts";
import type { NeighbourLists } from "./nearest-neighbours.ts";

// Bisection halves the interval 0..4 of cosine distances; 32 steps reach 1e-9.
const BISECTION_STEPS = 32;
const LONGEST_DISTANCE = 4;
// UMAP's MIN_K_DIST_SCALE: a row of near duplicates must not get an infinitely narrow kernel.
const NARROWEST_SHARE_OF_MEAN = 1e-3;
const LIGHTEST_EDGE = 1e-4;

/**
 * The fuzzy union of nearest-neighbour lists: McInnes, Healy & Melville, UMAP (2018), section 3.1.
 *
 * Each row gets a kernel of its own width: its nearest neighbour has weight 1 and the weights of its list sum
 * to log2(k + 1), so that notes in crowded and in lonely regions have comparable ties. The two directions of
 * a pair join as a + b - ab. Neighbours without any similarity (cosine <= 0) give no edge.
 */
export function fuzzyGraph({ neighbours, similarities }: NeighbourLists, count: number, k: number): Graph {
  const directed = membershipStrengths({ neighbours, similarities }, count, k);

  const offsets = new Int32Array(count + 1);
  forEachEdge(neighbours, directed, count, k, (from, to) => {
    offsets[from + 1]!++;
    offsets[to + 1]!++;
  });
  for (let row = 0; row < count; row++) offsets[row + 1]! += offsets[row]!;
  const targets = new Int32Array(offsets[count]!);
  const weights = new Float64Array(offsets[count]!);
  const strengths = new Float64Array(count);
  const next = offsets.slice(0, count);
  forEachEdge(neighbours, directed, count, k, (from, to, weight) => {
    targets[next[from]!] = to;
    weights[next[from]!++] = weight;
    targets[next[to]!] = from;
    weights[next[to]!++] = weight;
    strengths[from]! += weight;
    strengths[to]! += weight;
  });
  return { nodes: count, offsets, targets, weights, strengths };
}

/** The weight of each list entry, seen from its own row; 0 where there is no edge. */
function membershipStrengths(
  { neighbours, similarities }: NeighbourLists,
  count: number,
  k: number,
): Float64Array {
  const strengths = new Float64Array(count * k);
  const distances = new Float64Array(k);
  for (let row = 0; row < count; row++) {
    const first = row * k;
    let length = 0;
    let sum = 0;
    while (length < k && neighbours[first + length]! >= 0 && similarities[first + length]! > 0) {
      distances[length] = Math.max(0, 1 - similarities[first + length]!);
      sum += distances[length]!;
      length++;
    }
    if (length === 0) continue;
    const width = kernelWidth(distances, length, sum / length);
    for (let j = 0; j < length; j++) {
      strengths[first + j] = Math.max(LIGHTEST_EDGE, Math.exp((distances[0]! - distances[j]!) / width));
    }
  }
  return strengths;
}

function kernelWidth(distances: Float64Array, length: number, meanDistance: number): number {
  const target = Math.log2(length + 1);
  let narrow = 0;
  let wide = LONGEST_DISTANCE;
  for (let step = 0; step < BISECTION_STEPS; step++) {
    const width = (narrow + wide) / 2;
    let sum = 0;
    for (let j = 0; j < length; j++) sum += Math.exp((distances[0]! - distances[j]!) / width);
    if (sum > target) wide = width;
    else narrow = width;
  }
  return Math.max((narrow + wide) / 2, NARROWEST_SHARE_OF_MEAN * meanDistance, Number.MIN_VALUE);
}

/** Visits each linked pair once: a mutual pair from its lower row. */
function forEachEdge(
  neighbours: Int32Array,
  directed: Float64Array,
  count: number,
  k: number,
  visit: (from: number, to: number, weight: number) => void,
): void {
  for (let from = 0; from < count; from++) {
    for (let j = from * k; j < (from + 1) * k; j++) {
      const there = directed[j]!;
      if (there === 0) continue;
      const to = neighbours[j]!;
      const back = weightOf(neighbours, directed, k, to, from);
      if (back > 0 && to < from) continue;
      visit(from, to, there + back - there * back);
    }
  }
}

function weightOf(
  neighbours: Int32Array,
  directed: Float64Array,
  k: number,
  row: number,
  of: number,
): number {
  for (let j = row * k; j < (row + 1) * k; j++) if (neighbours[j] === of) return directed[j]!;
  return 0;
}
