import { contract, type Graph, type Labels } from "./graph.ts";
import { leiden } from "./leiden.ts";
import { workspaceFor } from "./workspace.ts";

const SEED = 1;
// Gives about as many areas as topics in an area, so that both can be read at a glance: 6 to 8 over 22 to 27 topics,
// 7 over 47, 8 over 61, 12 over 91, 15 over 152. At 1 a fifth to a third of all topics are in one area; at 2 half the
// areas of an account of 15 topics have one topic; at 3, which is what it would take for six topics an area in an account
// of 150, the 25 to 30 areas agree no better with the ten domains that those requests were written in (ARI .29 and .30).
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
