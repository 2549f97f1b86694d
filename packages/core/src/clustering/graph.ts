import { type Workspace, workspaceFor } from "./workspace.ts";

/**
 * An undirected weighted graph in compressed sparse rows: the edges of node i are the positions
 * `offsets[i] .. offsets[i + 1]` of `targets` and `weights`. Each edge is there from both of its ends.
 */
export interface Graph {
  nodes: number;
  offsets: Int32Array;
  targets: Int32Array;
  weights: Float64Array;
  /**
   * The weight of all edge ends at a node. For a contracted node it counts the edges inside it as well,
   * which are not in the rows.
   */
  strengths: Float64Array;
}

/** A labelling of the nodes with labels 0 .. count - 1. */
export interface Labels {
  label: Int32Array;
  count: number;
}

/** 0 .. nodes - 1. */
export function allNodes(nodes: number): Int32Array {
  const all = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) all[node] = node;
  return all;
}

/**
 * Renumbers labels (from 0 on, not many more than nodes) in the order in which they first occur, so that equal
 * partitions are equal arrays.
 */
export function compactLabels(label: ArrayLike<number>): Labels {
  let largest = -1;
  for (let node = 0; node < label.length; node++) if (label[node]! > largest) largest = label[node]!;
  const renumbered = new Int32Array(largest + 1).fill(-1);
  const compact = new Int32Array(label.length);
  let count = 0;
  for (let node = 0; node < label.length; node++) {
    const own = label[node]!;
    if (renumbered[own] === -1) renumbered[own] = count++;
    compact[node] = renumbered[own]!;
  }
  return { label: compact, count };
}

export function sameLabels({ label: a }: Labels, { label: b }: Labels): boolean {
  if (a.length !== b.length) return false;
  for (let node = 0; node < a.length; node++) if (a[node] !== b[node]) return false;
  return true;
}

/** Each label becomes a node; edges between labels are summed, edges inside count in its strength only. */
export function contract(graph: Graph, { label, count }: Labels, space = workspaceFor(graph)): Graph {
  const strengths = new Float64Array(count);
  for (let node = 0; node < graph.nodes; node++) strengths[label[node]!]! += graph.strengths[node]!;

  const members = membersByLabel({ label, count });
  const offsets = new Int32Array(count + 1);
  const { targets, weights, linkTo: sums, touched } = space;
  let edges = 0;
  for (let group = 0; group < count; group++) {
    let touchedCount = 0;
    for (let m = members.offsets[group]!; m < members.offsets[group + 1]!; m++) {
      touchedCount = addLinks(graph, members.nodes[m]!, label, space, touchedCount);
    }
    for (let t = 0; t < touchedCount; t++) {
      const other = touched[t]!;
      if (other !== group) {
        targets[edges] = other;
        weights[edges++] = sums[other]!;
      }
      sums[other] = 0;
    }
    offsets[group + 1] = edges;
  }
  return {
    nodes: count,
    offsets,
    targets: targets.slice(0, edges),
    weights: weights.slice(0, edges),
    strengths,
  };
}

/**
 * Adds the weights of a node's edges to `linkTo` at the labels of their other ends, and the labels that had none before
 * to the first `touchedCount` of `touched`; returns how many those are now.
 */
export function addLinks(
  { offsets, targets, weights }: Graph,
  node: number,
  label: Int32Array,
  { linkTo, touched }: Workspace,
  touchedCount = 0,
): number {
  const end = offsets[node + 1]!;
  for (let e = offsets[node]!; e < end; e++) {
    const other = label[targets[e]!]!;
    if (linkTo[other] === 0) touched[touchedCount++] = other;
    linkTo[other]! += weights[e]!;
  }
  return touchedCount;
}

/**
 * Of a graph, these nodes, numbered in their order, and the edges between them.
 */
export function subgraph(graph: Graph, members: Int32Array, space: Workspace): Graph {
  const { placeOf, targets, weights } = space;
  for (let place = 0; place < members.length; place++) placeOf[members[place]!] = place;
  const offsets = new Int32Array(members.length + 1);
  const strengths = new Float64Array(members.length);
  let edges = 0;
  for (let place = 0; place < members.length; place++) {
    const node = members[place]!;
    for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) {
      const target = placeOf[graph.targets[e]!]!;
      if (target === -1) continue;
      targets[edges] = target;
      weights[edges++] = graph.weights[e]!;
      strengths[place]! += graph.weights[e]!;
    }
    offsets[place + 1] = edges;
  }
  for (const node of members) placeOf[node] = -1;
  return {
    nodes: members.length,
    offsets,
    targets: targets.slice(0, edges),
    weights: weights.slice(0, edges),
    strengths,
  };
}

/** The nodes of label g are `nodes[offsets[g] .. offsets[g + 1]]`, in ascending order. */
export function membersByLabel({ label, count }: Labels): { offsets: Int32Array; nodes: Int32Array } {
  const offsets = new Int32Array(count + 1);
  for (const group of label) offsets[group + 1]!++;
  for (let group = 0; group < count; group++) offsets[group + 1]! += offsets[group]!;
  const nodes = new Int32Array(label.length);
  const next = offsets.slice(0, count);
  for (let node = 0; node < label.length; node++) nodes[next[label[node]!]!++] = node;
  return { offsets, nodes };
}

/**
 * Modularity with a resolution (Newman & Girvan 2004; Reichardt & Bornholdt 2006): the share of edge weight
 * inside groups, less `resolution` times what a random graph of the same strengths would have there.
 */
export function modularity(graph: Graph, { label, count }: Labels, resolution: number): number {
  const groupStrength = new Float64Array(count);
  let total = 0;
  let between = 0;
  for (let node = 0; node < graph.nodes; node++) {
    groupStrength[label[node]!]! += graph.strengths[node]!;
    total += graph.strengths[node]!;
    between += linkOutside(graph, node, label);
  }
  if (total === 0) return 0;
  let expected = 0;
  for (const strength of groupStrength) expected += (strength / total) ** 2;
  return (total - between) / total - resolution * expected;
}

/** The weight of a node's edges to other labels. */
function linkOutside({ offsets, targets, weights }: Graph, node: number, label: Int32Array): number {
  const own = label[node]!;
  const end = offsets[node + 1]!;
  let outside = 0;
  for (let e = offsets[node]!; e < end; e++) if (label[targets[e]!] !== own) outside += weights[e]!;
  return outside;
}
