import { compactLabels, contract, type Graph, type Labels } from "./graph.ts";

export interface LeidenOptions {
  /** Gamma: above 1 gives more and smaller communities. */
  resolution: number;
  /** Another seed visits the nodes in another order. */
  seed: number;
  /**
   * A number per node, the same for the same node in every graph, from which the order of visits is drawn: so nodes
   * keep their places among each other when others come or go. Without it, a node's position is its key.
   */
  keys?: Uint32Array;
  /** A label per node to start from (warm start); without it each node starts alone. */
  initial?: Int32Array;
}

// Convergence takes 3 to 8 passes on real notes; the bound only guards against a cycle of equal moves.
const MAX_PASSES = 50;
const SMALLEST_GAIN = 1e-12;
// Theta of the paper, as a share of the best gain: how often refinement takes a merge that is not the best.
const REFINEMENT_RANDOMNESS = 0.01;
const LARGEST_LOT = 0xffffffff;
const MOST_NODES = 2 ** 21;

/**
 * Communities by the Leiden algorithm (Traag, Waltman & van Eck, "From Louvain to Leiden", Sci. Rep. 2019),
 * with modularity and a resolution as quality, repeated from its own result until a pass changes nothing.
 *
 * Deterministic for equal graph and options. Chance (the order of visits, the draws of the refinement) is a hash of
 * each node's key and the seed, the same in each pass, so the result is a fixed point: started warm from it on the
 * same graph, the first pass returns it unchanged. Nodes without edges stay alone.
 */
export function leiden(graph: Graph, { resolution, seed, keys, initial }: LeidenOptions): Labels {
  let labels = compactLabels(initial ?? Int32Array.from({ length: graph.nodes }, (_, node) => node));
  const lots = drawLots(graph.nodes, keys, seed);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const improved = leidenPass(graph, labels.label, resolution, lots);
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
  { resolution, seed, keys, initial }: LeidenOptions & { initial: Int32Array },
): Labels {
  const { label } = compactLabels(initial);
  const total = totalStrength(graph);
  const lots = drawLots(graph.nodes, keys, seed);
  if (total > 0) moveNodes(graph, label, resolution / total, inOrderOf(lots, frontier));
  return compactLabels(label);
}

function leidenPass(graph: Graph, initial: Int32Array, resolution: number, lotOfNode: Uint32Array): Labels {
  const total = totalStrength(graph);
  if (total === 0) return compactLabels(initial);
  const gamma = resolution / total;

  let level = graph;
  let community: Int32Array = Int32Array.from(initial);
  const nodeOf = Int32Array.from({ length: graph.nodes }, (_, node) => node);
  let lots = lotOfNode;
  for (;;) {
    const order = inOrderOf(lots, allNodes(level.nodes));
    moveNodes(level, community, gamma, order);
    const refined = compactLabels(refine(level, community, gamma, order, lots));
    if (refined.count === level.nodes) break;
    // The refined groups become nodes; they start in the communities they were refined from.
    const above = new Int32Array(refined.count);
    const lotsAbove = new Uint32Array(refined.count).fill(LARGEST_LOT);
    for (let node = 0; node < level.nodes; node++) {
      const group = refined.label[node]!;
      above[group] = community[node]!;
      if (lots[node]! < lotsAbove[group]!) lotsAbove[group] = lots[node]!;
    }
    lots = lotsAbove;
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
function refine(
  graph: Graph,
  community: Int32Array,
  gamma: number,
  order: Int32Array,
  lots: Uint32Array,
): Int32Array {
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
  for (const node of order) {
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

/** Draws by `chance` in [0, 1), each with the exponential of its gain as weight. */
function drawByGain(gains: Float64Array, count: number, chance: number): number {
  let best = 0;
  for (let i = 0; i < count; i++) best = Math.max(best, gains[i]!);
  const temperature = REFINEMENT_RANDOMNESS * (best || 1);
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

/** What decides a node's place among the others, and its draws. */
function drawLots(nodes: number, keys: Uint32Array | undefined, seed: number): Uint32Array {
  const lots = new Uint32Array(nodes);
  const salt = mixed(seed);
  for (let node = 0; node < nodes; node++) lots[node] = mixed((keys?.[node] ?? node) ^ salt);
  return lots;
}

/** The nodes by their lots; of equal ones the lower first. */
function inOrderOf(lots: Uint32Array, nodes: Int32Array): Int32Array {
  // A lot of 32 bits and a node of up to 21 fit a double's 53.
  const sorted = Float64Array.from(nodes, (node) => lots[node]! * MOST_NODES + node).sort();
  return Int32Array.from(sorted, (key) => key % MOST_NODES);
}

function allNodes(nodes: number): Int32Array {
  return new Int32Array(nodes).map((_, node) => node);
}

/** The 32-bit finaliser "lowbias32" (Chris Wellons, public domain). */
function mixed(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
