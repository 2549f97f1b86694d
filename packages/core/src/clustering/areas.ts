import { contract, type Graph, type Labels } from "./graph.ts";
import { leiden } from "./leiden.ts";
import { workspaceFor } from "./workspace.ts";

const SEED = 1;
// Gives areas of three to six topics. At 1 half of all topics fall into one or two, at 2 areas hardly differ from topics.
const RESOLUTION = 1.5;

/**
 * Areas over topics: Leiden on the graph in which each topic is one node.
 *
 * Only what links topics counts; with the edges inside them, hardly any topic would join another. A topic
 * that is linked with none is an area of its own.
 */
export function findAreas(graph: Graph, topics: Labels, space = workspaceFor(graph)): Labels {
  const contracted = contract(graph, topics, space);
  const strengths = new Float64Array(contracted.nodes);
  for (let topic = 0; topic < contracted.nodes; topic++) {
    for (let e = contracted.offsets[topic]!; e < contracted.offsets[topic + 1]!; e++) {
      strengths[topic]! += contracted.weights[e]!;
    }
  }
  return leiden({ ...contracted, strengths }, { resolution: RESOLUTION, seed: SEED, space });
}
