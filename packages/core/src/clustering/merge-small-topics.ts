import { centroidsOf, similarityTo } from "./centroids.ts";
import { compactLabels, contract, type Graph, type Labels } from "./graph.ts";
import type { PackedRows } from "./packed-rows.ts";
import type { Workspace } from "./workspace.ts";

/** Topics as they merge: who they are linked with, how strongly, and how large they have become. */
interface TopicLinks {
  /** Per topic, the edge weight to each other topic. */
  links: Map<number, number>[];
  notes: Float64Array;
  /** The topic that each topic has become part of, or itself. */
  mergedInto: Int32Array;
}

export interface MergeOptions {
  /** How many notes each node stands for. */
  notes: ArrayLike<number>;
  /** The row of each node. */
  rowAt: Int32Array;
  /** Topics of fewer notes are merged. */
  smallestTopic: number;
  /** To work in: of this graph. */
  space?: Workspace;
}

/**
 * Merges topics too small to be one into the topic they are most strongly linked with, and those without any
 * link into the topic of the nearest centroid.
 *
 * Every topic of the result has at least `smallestTopic` notes, or there is only one. A partition that
 * already is as it should be comes back unchanged.
 */
export function mergeSmallTopics(
  graph: Graph,
  rows: PackedRows,
  topics: Labels,
  options: MergeOptions,
): Labels {
  const state = topicLinks(graph, topics, options);
  mergeSmallIntoStrongest(state, options.smallestTopic);
  const linked = compactLabels(topics.label.map((topic) => state.mergedInto[topic]!));
  return mergeUnlinkedIntoNearest(rows, linked, options);
}

function topicLinks(graph: Graph, topics: Labels, { notes: notesOf, space }: MergeOptions): TopicLinks {
  const contracted = contract(graph, topics, space);
  const links = Array.from({ length: topics.count }, () => new Map<number, number>());
  for (let topic = 0; topic < topics.count; topic++) {
    for (let e = contracted.offsets[topic]!; e < contracted.offsets[topic + 1]!; e++) {
      links[topic]!.set(contracted.targets[e]!, contracted.weights[e]!);
    }
  }
  const notes = new Float64Array(topics.count);
  for (let node = 0; node < graph.nodes; node++) notes[topics.label[node]!]! += notesOf[node]!;
  const mergedInto = Int32Array.from({ length: topics.count }, (_, topic) => topic);
  return { links, notes, mergedInto };
}

function mergeSmallIntoStrongest(state: TopicLinks, smallestTopic: number): void {
  // Smallest first; a topic that grows by a merge comes up again at its new size.
  for (let size = 1; size < smallestTopic; size++) {
    for (let topic = 0; topic < state.links.length; topic++) {
      if (state.notes[topic] !== size) continue;
      const strongest = strongestOf(state.links[topic]!);
      if (strongest !== undefined) merge(state, topic, strongest);
    }
  }
}

function merge(state: TopicLinks, from: number, into: number): void {
  for (const [other, weight] of state.links[from]!) {
    state.links[other]!.delete(from);
    if (other === into) continue;
    const joint = (state.links[into]!.get(other) ?? 0) + weight;
    state.links[into]!.set(other, joint);
    state.links[other]!.set(into, joint);
  }
  state.links[from] = new Map();
  state.notes[into]! += state.notes[from]!;
  state.notes[from] = 0;
  for (let topic = 0; topic < state.mergedInto.length; topic++) {
    if (state.mergedInto[topic] === from) state.mergedInto[topic] = into;
  }
}

function strongestOf(links: Map<number, number>): number | undefined {
  let strongest: number | undefined;
  let best = 0;
  for (const [other, weight] of links) {
    if (weight > best || (weight === best && strongest !== undefined && other < strongest)) {
      strongest = other;
      best = weight;
    }
  }
  return strongest;
}

function mergeUnlinkedIntoNearest(rows: PackedRows, topics: Labels, options: MergeOptions): Labels {
  const notes = new Float64Array(topics.count);
  for (let node = 0; node < topics.label.length; node++) notes[topics.label[node]!]! += options.notes[node]!;
  const kept: number[] = [];
  for (let topic = 0; topic < topics.count; topic++)
    if (notes[topic]! >= options.smallestTopic) kept.push(topic);
  if (kept.length === topics.count) return topics;
  if (kept.length === 0)
    return { label: new Int32Array(topics.label.length), count: Math.min(topics.label.length, 1) };

  const largest = kept.reduce((a, b) => (notes[b]! > notes[a]! ? b : a));
  const centroids = centroidsOf(rows, topics, options.notes, options.rowAt);
  const nearest = (node: number) => {
    let best = 0;
    let target = largest;
    for (const topic of kept) {
      const similarity = similarityTo(centroids, topic, rows, options.rowAt[node]!);
      if (similarity > best) {
        best = similarity;
        target = topic;
      }
    }
    return target;
  };
  const label = topics.label.map((topic, node) =>
    notes[topic]! >= options.smallestTopic ? topic : nearest(node),
  );
  return compactLabels(label);
}
