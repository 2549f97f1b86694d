import { addLinks, allNodes, compactLabels, contract, type Graph, type Labels, sameLabels } from "./graph.ts";
import { mixed, type Refinement, refine } from "./leiden-refine.ts";
import { type Workspace, workspaceFor } from "./workspace.ts";

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
  /** How many passes at the most; without it, until one changes nothing. */
  passes?: number;
  /** To work in: of a graph as large as this one, at least. */
  space?: Workspace;
}

// Convergence takes 3 to 8 passes on real notes; the bound only guards against a cycle of equal moves.
const MAX_PASSES = 50;
const SMALLEST_GAIN = 1e-12;
const LARGEST_LOT = 0xffffffff;
const MOST_NODES = 2 ** 21;
const ALONE = -1;

/**
 * Communities by the Leiden algorithm (Traag, Waltman & van Eck, "From Louvain to Leiden", Sci. Rep. 2019),
 * with modularity and a resolution as quality, repeated from its own result until a pass changes nothing.
 *
 * Deterministic for equal graph and options. Chance (the order of visits, the draws of the refinement) is a hash of
 * each node's key and the seed, the same in each pass, so the result is a fixed point: started warm from it on the
 * same graph, the first pass returns it unchanged. Nodes without edges stay alone.
 */
export function leiden(
  graph: Graph,
  { resolution, seed, keys, initial, passes = MAX_PASSES, space = workspaceFor(graph) }: LeidenOptions,
): Labels {
  let labels = compactLabels(initial ?? allNodes(graph.nodes));
  const total = totalStrength(graph);
  if (total === 0) return labels;
  const lots = drawLots(graph.nodes, keys, seed);
  const order = inOrderOf(lots, allNodes(graph.nodes));
  const run: Run = { graph, gamma: resolution / total, lots, order, space };
  for (let pass = 0; pass < passes; pass++) {
    const improved = leidenPass(run, labels.label);
    const unchanged = sameLabels(improved, labels);
    labels = improved;
    if (unchanged) break;
  }
  return labels;
}

/** What stays the same from pass to pass. */
interface Run {
  graph: Graph;
  /** Resolution over the strength of all nodes. */
  gamma: number;
  lots: Uint32Array;
  /** The nodes in the order of their lots. */
  order: Int32Array;
  space: Workspace;
  /** How the last pass split the communities that it found by moving single nodes. */
  refinement?: Refinement;
}

/**
 * Only the local moves of Leiden, begun at the nodes of `frontier` and rippling on from those that move: what
 * a few new nodes change, at the cost of their surroundings. Everything else keeps its label's community.
 */
export function moveFrontier(
  graph: Graph,
  frontier: Int32Array,
  { resolution, seed, keys, initial, space = workspaceFor(graph) }: LeidenOptions & { initial: Int32Array },
): Labels {
  const { label } = compactLabels(initial);
  const total = totalStrength(graph);
  const lots = drawLots(graph.nodes, keys, seed);
  if (total > 0) moveNodes(graph, label, resolution / total, inOrderOf(lots, frontier), space);
  return compactLabels(label);
}

function leidenPass(run: Run, initial: Int32Array): Labels {
  const { graph, gamma, space } = run;
  let level = graph;
  let community: Int32Array = initial.slice();
  const nodeOf = allNodes(graph.nodes);
  let { lots, order } = run;
  for (;;) {
    moveNodes(level, community, gamma, order, space);
    const known = level === graph ? run.refinement : undefined;
    const part = refine(level, community, { gamma, order, lots, space, known });
    if (level === graph) run.refinement = { community: community.slice(), part };
    const refined = compactLabels(part);
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
    level = contract(level, refined, space);
    community = compactLabels(above).label;
    order = inOrderOf(lots, allNodes(level.nodes));
  }
  for (let node = 0; node < graph.nodes; node++) nodeOf[node] = community[nodeOf[node]!]!;
  return compactLabels(nodeOf);
}

function totalStrength({ strengths }: Graph): number {
  let total = 0;
  for (let node = 0; node < strengths.length; node++) total += strengths[node]!;
  return total;
}

/**
 * Moves nodes to the community of highest gain until none can gain: those of `first` in their order, then
 * whose surroundings changed.
 */
function moveNodes(
  graph: Graph,
  community: Int32Array,
  gamma: number,
  first: Int32Array,
  space: Workspace,
): void {
  const { nodes, strengths } = graph;
  const { strength, size, spare: empty, queue, marks: queued } = space;
  strength.fill(0, 0, nodes);
  size.fill(0, 0, nodes);
  for (let node = 0; node < nodes; node++) {
    strength[community[node]!]! += strengths[node]!;
    size[community[node]!]!++;
  }
  let emptyCount = 0;
  for (let c = 0; c < nodes; c++) if (size[c] === 0) empty[emptyCount++] = c;

  queue.set(first);
  queued.fill(0, 0, nodes);
  for (let i = 0; i < first.length; i++) queued[first[i]!] = 1;
  let head = 0;
  let waiting = first.length;
  while (waiting > 0) {
    const node = queue[head]!;
    head = head + 1 === nodes ? 0 : head + 1;
    waiting--;
    queued[node] = 0;
    const present = community[node]!;
    strength[present]! -= strengths[node]!;
    let best = bestCommunity(graph, node, community, gamma, space);
    if (best === ALONE) best = empty[--emptyCount]!;
    strength[best]! += strengths[node]!;
    if (best === present) continue;
    community[node] = best;
    size[best]!++;
    if (--size[present]! === 0) empty[emptyCount++] = present;
    waiting = queueNeighbours(graph, node, community, head, waiting, space);
  }
}

// One node a call, here and in all that goes through many rows: a function that is called often is compiled as a whole.
// One that runs once is compiled loop by loop, each dropped when the next begins, and the first account of a process
// takes a fifth longer.
/** The community of a node's highest gain, its own strength taken out of its present one; ALONE where it loses in any. */
function bestCommunity(
  graph: Graph,
  node: number,
  community: Int32Array,
  gamma: number,
  space: Workspace,
): number {
  const { strength, size, linkTo, touched } = space;
  const present = community[node]!;
  const touchedCount = addLinks(graph, node, community, space);
  const penalty = gamma * graph.strengths[node]!;
  let best = present;
  let bestGain = linkTo[present]! - penalty * strength[present]!;
  for (let t = 0; t < touchedCount; t++) {
    const c = touched[t]!;
    const gain = linkTo[c]! - penalty * strength[c]!;
    linkTo[c] = 0;
    if (gain > bestGain + SMALLEST_GAIN) {
      best = c;
      bestGain = gain;
    }
  }
  // Alone is worth 0.
  return bestGain < -SMALLEST_GAIN && size[present]! > 1 ? ALONE : best;
}

/** Puts a node's neighbours in other communities behind those that wait, unless they do; returns how many wait now. */
function queueNeighbours(
  { nodes, offsets, targets }: Graph,
  node: number,
  community: Int32Array,
  head: number,
  waiting: number,
  { queue, marks: queued }: Workspace,
): number {
  const own = community[node]!;
  const end = offsets[node + 1]!;
  for (let e = offsets[node]!; e < end; e++) {
    const neighbour = targets[e]!;
    if (queued[neighbour] === 1 || community[neighbour] === own) continue;
    queued[neighbour] = 1;
    const place = head + waiting++;
    queue[place < nodes ? place : place - nodes] = neighbour;
  }
  return waiting;
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
  const sorted = new Float64Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) sorted[i] = lots[nodes[i]!]! * MOST_NODES + nodes[i]!;
  sorted.sort();
  const order = new Int32Array(nodes.length);
  for (let i = 0; i < nodes.length; i++) order[i] = sorted[i]! % MOST_NODES;
  return order;
}
