import { allNodes, type Graph } from "./graph.ts";

const SMALLEST_GAIN = 1e-12;
// Theta of the paper, as a share of the best gain: how often refinement takes a merge that is not the best.
const RANDOMNESS = 0.01;
const LARGEST_LOT = 0xffffffff;

/** Communities and the parts that refine() made of them. */
export interface Refinement {
  community: Int32Array;
  part: Int32Array;
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
  gamma: number,
  order: Int32Array,
  lots: Uint32Array,
  known?: Refinement,
): Int32Array {
  const { nodes, offsets, targets, weights, strengths } = graph;
  const communityStrength = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) communityStrength[community[node]!]! += strengths[node]!;
  const isKnown = known === undefined ? new Uint8Array(nodes) : sameCommunities(community, known.community);

  const part = allNodes(nodes);
  const partStrength = strengths.slice();
  const partSize = new Int32Array(nodes).fill(1);
  // Weight between a part and the rest of its community.
  const outward = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const home = community[node]!;
    if (isKnown[home] === 1) {
      part[node] = known!.part[node]!;
      continue;
    }
    let outside = 0;
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      if (community[targets[e]!] === home) outside += weights[e]!;
    }
    outward[node] = outside;
  }
  const wellConnected = (p: number, whole: number) =>
    outward[p]! >= gamma * partStrength[p]! * (whole - partStrength[p]!) - SMALLEST_GAIN;

  const linkTo = new Float64Array(nodes);
  const touched = new Int32Array(nodes);
  const candidates = new Int32Array(nodes);
  const gains = new Float64Array(nodes);
  for (let i = 0; i < nodes; i++) {
    const node = order[i]!;
    const home = community[node]!;
    if (isKnown[home] === 1) continue;
    const own = part[node]!;
    const whole = communityStrength[home]!;
    if (partSize[own] !== 1 || !wellConnected(own, whole)) continue;
    let touchedCount = 0;
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      const neighbour = targets[e]!;
      if (community[neighbour] !== home) continue;
      const p = part[neighbour]!;
      if (linkTo[p] === 0) touched[touchedCount++] = p;
      linkTo[p]! += weights[e]!;
    }
    let candidateCount = 0;
    for (let t = 0; t < touchedCount; t++) {
      const p = touched[t]!;
      const gain = linkTo[p]! - gamma * strengths[node]! * partStrength[p]!;
      if (p === own || gain < 0 || !wellConnected(p, whole)) continue;
      candidates[candidateCount] = p;
      gains[candidateCount++] = gain;
    }
    if (candidateCount > 0) {
      const chosen = candidates[drawByGain(gains, candidateCount, mixed(lots[node]!) / (LARGEST_LOT + 1))]!;
      part[node] = chosen;
      partStrength[chosen]! += strengths[node]!;
      partStrength[own] = 0;
      partSize[chosen]!++;
      partSize[own] = 0;
      outward[chosen]! += outward[own]! - 2 * linkTo[chosen]!;
    }
    for (let t = 0; t < touchedCount; t++) linkTo[touched[t]!] = 0;
  }
  return part;
}

/** Marks the communities that have just the members that one of `before` has. */
function sameCommunities(now: Int32Array, before: Int32Array): Uint8Array {
  const nodes = now.length;
  const sizeNow = new Int32Array(nodes);
  const sizeBefore = new Int32Array(nodes);
  const former = new Int32Array(nodes).fill(-1);
  const same = new Uint8Array(nodes).fill(1);
  for (let node = 0; node < nodes; node++) {
    const [c, b] = [now[node]!, before[node]!];
    sizeNow[c]!++;
    sizeBefore[b]!++;
    if (former[c] === -1) former[c] = b;
    else if (former[c] !== b) same[c] = 0;
  }
  for (let c = 0; c < nodes; c++) if (former[c]! >= 0 && sizeNow[c] !== sizeBefore[former[c]!]) same[c] = 0;
  return same;
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
