import { compactLabels, type Graph, type Labels, membersByLabel, subgraph } from "./graph.ts";
import { joinParts } from "./join-parts.ts";
import { leiden } from "./leiden.ts";
import { type Workspace, workspaceFor } from "./workspace.ts";

// Few parts to begin with: what is one at this resolution and two in truth is found when the part is split again.
const RESOLUTION = 0.7;
const LARGEST_CUT = 0.22;
const NOTES_OF_NONE = 256;
// To propose parts two passes of Leiden do as well as convergence (the mean of V, AMI and ARI is the same to .0001 on 102
// accounts), in two thirds of the time.
const PASSES = 2;

export interface SplitOptions {
  /** How many notes each node stands for. */
  notes: ArrayLike<number>;
  /** Parts of fewer notes stay with what they are linked with. */
  smallestTopic: number;
  /** What a part may have of the links to the rest of its topic that it would have by chance. */
  largestCut: number;
  keys: Uint32Array;
  seed: number;
  /** To work in: of this graph, or a larger one. */
  space?: Workspace;
  /** The topic of each node at present, where there are any: parts are looked for from them on. */
  present?: Int32Array | undefined;
}

/**
 * What of the links that chance would give may hold parts of one topic together that are two: none up to 256 notes,
 * .22 from 512 on, so that a growing account sees no jump.
 *
 * Measured as the mean of V, AMI and ARI on ten collections (lexical and MiniLM vectors, whole and in samples of 150 to
 * 2,000 notes): from .2 to .24 each size gains, or loses .002 at the most: .006 to .01 of notes and .03 to .12 of short
 * questions under many labels; from .27 on, subjects fall apart. Up to 300 notes it gained .001 with any limit, by parts
 * of a handful of notes that are hard to name: there Leiden sees them itself.
 */
export function largestCutFor(notes: number): number {
  return LARGEST_CUT * Math.min(1, Math.max(0, Math.log2(notes / NOTES_OF_NONE)));
}

/**
 * Splits each topic along cuts that hardly anything crosses, and again within its parts. Modularity alone does not see
 * them: what it takes for one community grows with the whole account (the resolution limit, Fortunato & Barthélemy,
 * PNAS 2007). A part is a topic when it has at least `smallestTopic` notes and few of the links to the rest of its
 * former topic that it would have in a random graph of the same strengths.
 */
export function splitTopics(graph: Graph, topics: Labels, options: SplitOptions): Labels {
  if (options.largestCut === 0) return topics;
  const { nodes, offsets } = membersByLabel(topics);
  const label = topics.label.slice();
  let count = topics.count;
  const open = Array.from({ length: topics.count }, (_, topic) =>
    nodes.subarray(offsets[topic], offsets[topic + 1]),
  );
  const space = options.space ?? workspaceFor(graph);
  for (let members = open.pop(); members !== undefined; members = open.pop()) {
    for (const part of partsOf(graph, members, space, options)) {
      for (const node of part) label[node] = count;
      count += 1;
      open.push(part);
    }
  }
  return compactLabels(label);
}

/** The parts of one topic; none where it is one. */
function partsOf(
  graph: Graph,
  members: Int32Array,
  space: Workspace,
  { smallestTopic, largestCut, seed, ...options }: SplitOptions,
): Int32Array[] {
  const notes = Float64Array.from(members, (node) => options.notes[node]!);
  if (notes.reduce((sum, n) => sum + n, 0) < 2 * smallestTopic) return [];
  const topic = subgraph(graph, members, space);
  const keys = Uint32Array.from(members, (node) => options.keys[node]!);
  const present = options.present && compactLabels(members.map((node) => options.present![node]!)).label;
  const found = leiden(topic, {
    resolution: RESOLUTION,
    passes: PASSES,
    seed,
    keys,
    space,
    ...(present && { initial: present }),
  });
  const parts = joinParts(topic, found, { notes, smallestTopic, largestCut, present, space });
  if (parts.count < 2) return [];
  const byPart = membersByLabel(parts);
  return Array.from({ length: parts.count }, (_, part) =>
    byPart.nodes.subarray(byPart.offsets[part], byPart.offsets[part + 1]).map((place) => members[place]!),
  );
}
