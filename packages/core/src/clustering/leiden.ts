import { compactLabels, contract, type Graph, type Labels } from "./graph.ts";
import { type RandomNumbers, seededRandom } from "./seeded-random.ts";

export interface LeidenOptions {
  /** Gamma: above 1 gives more and smaller communities. */
  resolution: number;
  seed: number;
  /** A label per node to start from (warm start); without it each node starts alone. */
  initial?: Int32Array;
}

// Convergence takes 3 to 8 passes on real notes; the bound only guards against a cycle of equal moves.
const MAX_PASSES = 50;
const SMALLEST_GAIN = 1e-12;
// Theta of the paper, as a share of the best gain: how often refinement takes a merge that is not the best.
const REFINEMENT_RANDOMNESS = 0.01;

/**
 * Communities by the Leiden algorithm (Traag, Waltman & van Eck, "From Louvain to Leiden", Sci. Rep. 2019),
 * with modularity and a resolution as quality, repeated from its own result until a pass changes nothing.
 *
 * Deterministic for equal graph, options and seed. Each pass draws the same random numbers, so the result is
 * a fixed point: started warm from it on the same graph, the first pass returns it unchanged. Nodes without
 * edges stay alone.
 */
export function leiden(graph: Graph, { resolution, seed, initial }: LeidenOptions): Labels {
  let labels = compactLabels(initial ?? Int32Array.from({ length: graph.nodes }, (_, node) => node));
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const improved = leidenPass(graph, labels.label, resolution, seededRandom(seed));
    const unchanged = improved.label.every((label, node) => label === labels.label[node]);
    labels = improved;
    if (unchanged) break;
  }
  return labels;
}

/**
 * Only the local moves of Leiden, begun at the nodes of `frontier` and rippling on from those that move: what
 * a few new nodes change, at the cost of their surroundings. Everything else keeps its label's community.
 */
export function moveFrontier(
  graph: Graph,
  frontier: Int32Array,
  { resolution, seed, initial }: Required<LeidenOptions>,
): Labels {
  const { label } = compactLabels(initial);
  const total = totalStrength(graph);
  const random = seededRandom(seed);
  if (total > 0) moveNodes(graph, label, resolution / total, shuffled(frontier, random));
  return compactLabels(label);
}

function leidenPass(graph: Graph, initial: Int32Array, resolution: number, random: RandomNumbers): Labels {
  const total = totalStrength(graph);
  if (total === 0) return compactLabels(initial);
  const gamma = resolution / total;

  let level = graph;
  let community: Int32Array = Int32Array.from(initial);
  const nodeOf = Int32Array.from({ length: graph.nodes }, (_, node) => node);
  for (;;) {
    moveNodes(level, community, gamma, shuffledNodes(level.nodes, random));
    const refined = compactLabels(refine(level, community, gamma, random));
    if (refined.count === level.nodes) break;
    // The refined groups become nodes; they start in the communities they were refined from.
    const above = new Int32Array(refined.count);
    for (let node = 0; node < level.nodes; node++) above[refined.label[node]!] = community[node]!;
    for (let node = 0; node < graph.nodes; node++) nodeOf[node] = refined.label[nodeOf[node]!]!;
    level = contract(level, refined);
    community = compactLabels(above).label;
  }
  return compactLabels(nodeOf.map((node) => community[node]!));
}

function totalStrength(graph: Graph): number {
  return graph.strengths.reduce((sum, strength) => sum + strength, 0);
}

/**
 * Moves nodes to the community of highest gain until none can gain: those of `first` in their order, then
 * whose surroundings changed.
 */
function moveNodes(graph: Graph, community: Int32Array, gamma: number, first: Int32Array): void {
  const { nodes, offsets, targets, weights, strengths } = graph;
  const communityStrength = new Float64Array(nodes);
  const communitySize = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    communityStrength[community[node]!]! += strengths[node]!;
    communitySize[community[node]!]!++;
  }
  const empty: number[] = [];
  for (let c = 0; c < nodes; c++) if (communitySize[c] === 0) empty.push(c);

  const queue = new Int32Array(nodes);
  queue.set(first);
  const queued = new Uint8Array(nodes);
  for (const node of first) queued[node] = 1;
  let head = 0;
  let waiting = first.length;
  const linkTo = new Float64Array(nodes);
  const touched = new Int32Array(nodes);
  while (waiting > 0) {
    const node = queue[head]!;
    head = head + 1 === nodes ? 0 : head + 1;
    waiting--;
    queued[node] = 0;

    const present = community[node]!;
    let touchedCount = 0;
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      const c = community[targets[e]!]!;
      if (linkTo[c] === 0) touched[touchedCount++] = c;
      linkTo[c]! += weights[e]!;
    }
    communityStrength[present]! -= strengths[node]!;
    const penalty = gamma * strengths[node]!;
    let best = present;
    let bestGain = linkTo[present]! - penalty * communityStrength[present]!;
    for (let t = 0; t < touchedCount; t++) {
      const c = touched[t]!;
      const gain = linkTo[c]! - penalty * communityStrength[c]!;
      if (gain > bestGain + SMALLEST_GAIN) {
        best = c;
        bestGain = gain;
      }
    }
    // Alone is worth 0: better than anywhere it would lose.
    if (bestGain < -SMALLEST_GAIN && communitySize[present]! > 1) best = empty.pop()!;
    for (let t = 0; t < touchedCount; t++) linkTo[touched[t]!] = 0;
    communityStrength[best]! += strengths[node]!;
    if (best === present) continue;

    community[node] = best;
    communitySize[best]!++;
    if (--communitySize[present]! === 0) empty.push(present);
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      const neighbour = targets[e]!;
      if (queued[neighbour] === 1 || community[neighbour] === best) continue;
      queued[neighbour] = 1;
      queue[(head + waiting) % nodes] = neighbour;
      waiting++;
    }
  }
}

/**
 * Splits each community into well-connected parts: every node starts alone and lone nodes join, at random in
 * favour of the higher gain, a part of their community that is itself well connected to the rest of it.
 */
function refine(graph: Graph, community: Int32Array, gamma: number, random: RandomNumbers): Int32Array {
  const { nodes, offsets, targets, weights, strengths } = graph;
  const communityStrength = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) communityStrength[community[node]!]! += strengths[node]!;

  const part = Int32Array.from({ length: nodes }, (_, node) => node);
  const partStrength = Float64Array.from(strengths);
  const partSize = new Int32Array(nodes).fill(1);
  // Weight between a part and the rest of its community.
  const outward = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      if (community[targets[e]!] === community[node]) outward[node]! += weights[e]!;
    }
  }
  const wellConnected = (p: number, whole: number) =>
    outward[p]! >= gamma * partStrength[p]! * (whole - partStrength[p]!) - SMALLEST_GAIN;

  const linkTo = new Float64Array(nodes);
  const touched = new Int32Array(nodes);
  const candidates = new Int32Array(nodes);
  const gains = new Float64Array(nodes);
  for (const node of shuffledNodes(nodes, random)) {
    const own = part[node]!;
    const whole = communityStrength[community[node]!]!;
    if (partSize[own] !== 1 || !wellConnected(own, whole)) continue;
    let touchedCount = 0;
    for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
      const neighbour = targets[e]!;
      if (community[neighbour] !== community[node]) continue;
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
      const chosen = candidates[drawByGain(gains, candidateCount, random)]!;
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

function drawByGain(gains: Float64Array, count: number, random: RandomNumbers): number {
  let best = 0;
  for (let i = 0; i < count; i++) best = Math.max(best, gains[i]!);
  const temperature = REFINEMENT_RANDOMNESS * (best || 1);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    gains[i] = Math.exp((gains[i]! - best) / temperature);
    sum += gains[i]!;
  }
  let left = random() * sum;
  for (let i = 0; i < count - 1; i++) {
    left -= gains[i]!;
    if (left <= 0) return i;
  }
  return count - 1;
}

function shuffledNodes(nodes: number, random: RandomNumbers): Int32Array {
  return shuffled(
    Int32Array.from({ length: nodes }, (_, node) => node),
    random,
  );
}

/** A copy in random order (Fisher and Yates). */
function shuffled(values: Int32Array, random: RandomNumbers): Int32Array {
  const order = Int32Array.from(values);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const swapped = order[last]!;
    order[last] = order[other]!;
    order[other] = swapped;
  }
  return order;
}
