import { allNodes, type Graph } from "./graph.ts";
import { type Workspace, workspaceFor } from "./workspace.ts";

const SMALLEST_GAIN = 1e-12;
// Theta of the paper, as a share of the best gain: how often refinement takes a merge that is not the best.
const RANDOMNESS = 0.01;
const LARGEST_LOT = 0xffffffff;

/** Communities and the parts that refine() made of them. */
export interface Refinement {
  community: Int32Array;
  part: Int32Array;
}

export interface RefineOptions {
  gamma: number;
  order: Int32Array;
  lots: Uint32Array;
  space?: Workspace;
  /** What is known from before of these nodes. */
  known?: Refinement | undefined;
}

/**
 * Splits each community into well-connected parts: every node starts alone and lone nodes join, at random in
 * favour of the higher gain, a part of their community that is itself well connected to the rest of it.
 *
 * What becomes of a community depends on its members alone, so one that `known` has is taken over from there.
 */
export function refine(
  graph: Graph,
  community: Int32Array,
  { gamma, order, lots, known, space = workspaceFor(graph) }: RefineOptions,
): Int32Array {
  const { nodes, strengths } = graph;
  // `outward`: the weight between a part and the rest of its community.
  const { strength: communityStrength, partStrength, outward, size: partSize, marks: isKnown } = space;
  const { spare: candidates, gains, links } = space;
  communityStrength.fill(0, 0, nodes);
  for (let node = 0; node < nodes; node++) communityStrength[community[node]!]! += strengths[node]!;
  markSameCommunities(community, known?.community, space);

  const part = allNodes(nodes);
  partStrength.set(strengths);
  partSize.fill(1, 0, nodes);
  for (let node = 0; node < nodes; node++) {
    if (isKnown[community[node]!] === 1) part[node] = known!.part[node]!;
    else outward[node] = linkWithin(graph, node, community);
  }
  for (let i = 0; i < nodes; i++) {
    const node = order[i]!;
    if (isKnown[community[node]!] === 1) continue;
    const own = part[node]!;
    if (partSize[own] !== 1 || !isWellConnected(own, communityStrength[community[node]!]!, gamma, space))
      continue;
    const count = candidateParts(graph, node, community, part, gamma, space);
    if (count > 0) {
      const at = drawByGain(gains, count, mixed(lots[node]!) / (LARGEST_LOT + 1));
      const chosen = candidates[at]!;
      part[node] = chosen;
      partStrength[chosen]! += strengths[node]!;
      partStrength[own] = 0;
      partSize[chosen]!++;
      partSize[own] = 0;
      outward[chosen]! += outward[own]! - 2 * links[at]!;
    }
  }
  return part;
}

/** The weight of a node's edges inside its community. */
function linkWithin({ offsets, targets, weights }: Graph, node: number, community: Int32Array): number {
  const home = community[node]!;
  const end = offsets[node + 1]!;
  let inside = 0;
  for (let e = offsets[node]!; e < end; e++) if (community[targets[e]!] === home) inside += weights[e]!;
  return inside;
}

function isWellConnected(
  part: number,
  whole: number,
  gamma: number,
  { outward, partStrength }: Workspace,
): boolean {
  return outward[part]! >= gamma * partStrength[part]! * (whole - partStrength[part]!) - SMALLEST_GAIN;
}

/**
 * Lists the parts of its community that a node may join, with what it would gain and the weight of its links; returns
 * how many they are.
 */
function candidateParts(
  { offsets, targets, weights, strengths }: Graph,
  node: number,
  community: Int32Array,
  part: Int32Array,
  gamma: number,
  space: Workspace,
): number {
  const { strength, partStrength, linkTo, touched, spare: candidates, gains, links } = space;
  const home = community[node]!;
  const end = offsets[node + 1]!;
  let touchedCount = 0;
  for (let e = offsets[node]!; e < end; e++) {
    const neighbour = targets[e]!;
    if (community[neighbour] !== home) continue;
    const p = part[neighbour]!;
    if (linkTo[p] === 0) touched[touchedCount++] = p;
    linkTo[p]! += weights[e]!;
  }
  let count = 0;
  for (let t = 0; t < touchedCount; t++) {
    const p = touched[t]!;
    const gain = linkTo[p]! - gamma * strengths[node]! * partStrength[p]!;
    if (p !== part[node] && gain >= 0 && isWellConnected(p, strength[home]!, gamma, space)) {
      candidates[count] = p;
      links[count] = linkTo[p]!;
      gains[count++] = gain;
    }
    linkTo[p] = 0;
  }
  return count;
}

/** Marks the communities that have just the members that one of `before` has. */
function markSameCommunities(now: Int32Array, before: Int32Array | undefined, space: Workspace): void {
  const nodes = now.length;
  const { size: sizeNow, sizeBefore, former, marks: same } = space;
  same.fill(before === undefined ? 0 : 1, 0, nodes);
  if (before === undefined) return;
  sizeNow.fill(0, 0, nodes);
  sizeBefore.fill(0, 0, nodes);
  former.fill(-1, 0, nodes);
  for (let node = 0; node < nodes; node++) {
    const [c, b] = [now[node]!, before[node]!];
    sizeNow[c]!++;
    sizeBefore[b]!++;
    if (former[c] === -1) former[c] = b;
    else if (former[c] !== b) same[c] = 0;
  }
  for (let c = 0; c < nodes; c++) if (former[c]! >= 0 && sizeNow[c] !== sizeBefore[former[c]!]) same[c] = 0;
}

/** Draws by `chance` in [0, 1), each with the exponential of its gain as weight. */
function drawByGain(gains: Float64Array, count: number, chance: number): number {
  let best = 0;
  for (let i = 0; i < count; i++) best = Math.max(best, gains[i]!);
  const temperature = RANDOMNESS * (best || 1);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    gains[i] = Math.exp((gains[i]! - best) / temperature);
    sum += gains[i]!;
  }
  let left = chance * sum;
  for (let i = 0; i < count - 1; i++) {
    left -= gains[i]!;
    if (left <= 0) return i;
  }
  return count - 1;
}

/** The 32-bit finaliser "lowbias32" (Chris Wellons, public domain). */
export function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
