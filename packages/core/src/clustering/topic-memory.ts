import type { Graph } from "./graph.ts";

/**
 * The graph with the edges between notes that share a topic already made heavier by `bonus`: a note moves only
 * where it is better placed by that much. Of two groupings that are about equally good, the one there is stays
 * ("temporal smoothness": Chakrabarti, Kumar & Tomkins, Evolutionary Clustering, KDD 2006).
 */
export function favourPresentTopics(graph: Graph, present: Int32Array, bonus: number): Graph {
  const weights = new Float64Array(graph.weights.length);
  const strengths = new Float64Array(graph.nodes);
  for (let node = 0; node < graph.nodes; node++) {
    for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) {
      const together = present[node]! >= 0 && present[node] === present[graph.targets[e]!];
      weights[e] = graph.weights[e]! * (together ? 1 + bonus : 1);
      strengths[node]! += weights[e]!;
    }
  }
  return { ...graph, weights, strengths };
}
