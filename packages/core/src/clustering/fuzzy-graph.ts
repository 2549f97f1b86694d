import type { Graph } from "./graph.ts";
import type { NeighbourLists } from "./nearest-neighbours.ts";

// From below and on a convex curve Newton's steps never pass the root; three to five reach it.
const MOST_STEPS = 40;
const CLOSE_ENOUGH = 1e-10;
const WIDEST = 4;
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
  const joint = membershipStrengths({ neighbours, similarities }, count, k);
  const offsets = joinDirections(neighbours, joint, count, k);
  for (let row = 0; row < count; row++) offsets[row + 1]! += offsets[row]!;
  const targets = new Int32Array(offsets[count]!);
  const weights = new Float64Array(offsets[count]!);
  const strengths = new Float64Array(count);
  const next = offsets.slice(0, count);
  for (let from = 0; from < count; from++) {
    for (let j = from * k; j < (from + 1) * k; j++) {
      const weight = joint[j]!;
      if (weight === 0) continue;
      const to = neighbours[j]!;
      const there = next[from]!++;
      targets[there] = to;
      weights[there] = weight;
      const back = next[to]!++;
      targets[back] = from;
      weights[back] = weight;
      strengths[from]! += weight;
      strengths[to]! += weight;
    }
  }
  return { nodes: count, offsets, targets, weights, strengths };
}

/** The weight of each list entry, seen from its own row; 0 where there is no edge. */
function membershipStrengths(lists: NeighbourLists, count: number, k: number): Float64Array {
  const strengths = new Float64Array(count * k);
  const farther = new Float64Array(k);
  for (let row = 0; row < count; row++) strengthsOfRow(lists, row * k, k, farther, strengths);
  return strengths;
}

/** `farther` is to work in: how much farther each neighbour is than the nearest. */
function strengthsOfRow(
  { neighbours, similarities }: NeighbourLists,
  first: number,
  k: number,
  farther: Float64Array,
  strengths: Float64Array,
): void {
  let length = 0;
  let sum = 0;
  while (length < k && neighbours[first + length]! >= 0 && similarities[first + length]! > 0) {
    const distance = Math.max(0, 1 - similarities[first + length]!);
    farther[length] = length === 0 ? distance : distance - farther[0]!;
    sum += distance;
    length++;
  }
  if (length === 0) return;
  farther[0] = 0;
  const perWidth = 1 / Math.max(kernelWidth(farther, length), (NARROWEST_SHARE_OF_MEAN * sum) / length);
  for (let j = 0; j < length; j++) {
    // Where all is as near as can be, the width is 0 and so is what each is farther.
    const strength = farther[j] === 0 ? 1 : Math.exp(-farther[j]! * perWidth);
    strengths[first + j] = strength > LIGHTEST_EDGE ? strength : LIGHTEST_EDGE;
  }
}

/**
 * The width at which exp(-farther / width) sums to log2(length + 1); 0 where too many are as near as the nearest for
 * any width to do.
 */
function kernelWidth(farther: Float64Array, length: number): number {
  const target = Math.log2(length + 1);
  let nearest = 1;
  while (nearest < length && farther[nearest]! <= 0) nearest++;
  if (nearest >= target) return length === 1 ? WIDEST : 0;
  let sumOfFarther = 0;
  for (let j = nearest; j < length; j++) sumOfFarther += farther[j]!;
  // Were all others equally far, this would be it; as they are not, their sum is larger there (Jensen's inequality).
  const others = length - nearest;
  let perWidth = Math.max(1 / WIDEST, (Math.log(others / (target - nearest)) * others) / sumOfFarther);
  for (let step = 0; step < MOST_STEPS; step++) {
    let sum = nearest;
    let slope = 0;
    for (let j = nearest; j < length; j++) {
      const strength = Math.exp(-farther[j]! * perWidth);
      sum += strength;
      slope += farther[j]! * strength;
    }
    const more = (sum - target) / slope;
    if (!(more > CLOSE_ENOUGH * perWidth)) break;
    perWidth += more;
  }
  return 1 / perWidth;
}

/**
 * Joins the two directions of each pair in the entry of one of them (of a mutual pair the lower row's), and empties
 * the other's. Counts the edges of each row, in the place behind its own.
 */
function joinDirections(
  neighbours: Int32Array,
  directed: Float64Array,
  count: number,
  k: number,
): Int32Array {
  const edges = new Int32Array(count + 1);
  for (let from = 0; from < count; from++) joinDirectionsOf(from, neighbours, directed, k, edges);
  return edges;
}

function joinDirectionsOf(
  from: number,
  neighbours: Int32Array,
  directed: Float64Array,
  k: number,
  edges: Int32Array,
): void {
  for (let j = from * k; j < (from + 1) * k; j++) {
    const there = directed[j]!;
    if (there === 0) continue;
    const to = neighbours[j]!;
    // A lower row has met this pair if it is mutual: then it has taken this entry.
    let back = to * k;
    const end = back + k;
    while (back < end && neighbours[back] !== from) back++;
    if (back < end && directed[back]! > 0) {
      directed[j] = there + directed[back]! - there * directed[back]!;
      directed[back] = 0;
    }
    edges[from + 1]!++;
    edges[to + 1]!++;
  }
}
