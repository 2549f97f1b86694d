import { consensusGraph } from "./consensus.ts";
import { compactLabels, type Graph, type Labels, modularity, sameLabels } from "./graph.ts";
import { leiden, moveFrontier } from "./leiden.ts";
import { mergeSmallTopics } from "./merge-small-topics.ts";
import type { PackedRows } from "./packed-rows.ts";
import { largestCutFor, splitTopics } from "./split-topics.ts";
import { favourPresentTopics } from "./topic-memory.ts";
import { type Workspace, workspaceFor } from "./workspace.ts";

const SEED = 1;
const SMALLEST_GAIN = 1e-9;
// Measured with `npm run bench:stability` on six accounts of 300 to 1,871 notes that grow by 1 % a night for 30
// nights, lexical and MiniLM vectors: with these, 0.2 to 0.6 % of the unchanged notes move a night and V ends within
// .015 of a cold run. Without favouring what is there it is 0.5 to 1.4 %; regrouping only at a tenth moves 0.1 %
// less and costs up to .02 of V; favouring it more (.5) brings no topic that is new.
const REGROUP_AT_CHANGE = 0.05;
const REGROUP_AT_LOSS = 0.02;
const FAVOUR_WHEN_PLACING = 0.5;
const FAVOUR_WHEN_REGROUPING = 0.3;

/** What earlier nights left. */
export interface PreviousTopics {
  /** The topic of each node, -1 for a new one. */
  label: Int32Array;
  /** Notes that came, changed or went since all were last regrouped, tonight's among them. */
  changedNotes: number;
  /** Modularity right after that; null if it is not known. */
  quality: number | null;
}

export interface TopicsInput {
  graph: Graph;
  rows: PackedRows;
  /** The row of each node. */
  rowAt: Int32Array;
  /** A number per node that it keeps from night to night. */
  keys: Uint32Array;
  /** How many notes each node stands for. */
  notes: ArrayLike<number>;
  previous?: PreviousTopics;
  /** To work in: of this graph. */
  space?: Workspace;
}

export interface FoundTopics {
  topics: Labels;
  /** Whether all notes were grouped anew, or only the new ones placed and what they touch. */
  regrouped: boolean;
  changedNotes: number;
  /** Modularity right after the last regrouping. */
  quality: number;
}

/**
 * The topics of an account: Leiden, small topics merged, and again from there as long as that makes a better
 * partition; then each of them split where hardly anything holds its parts together.
 *
 * After an earlier night, only new notes and what they touch move. When what has changed since the last regrouping
 * is a twentieth of the account, or the partition has become materially worse, everything is regrouped, beginning from
 * the topics there are.
 */
export function findTopics({
  graph,
  rows,
  rowAt,
  keys,
  notes,
  previous,
  space = workspaceFor(graph),
}: TopicsInput): FoundTopics {
  const noteCount = Array.from(notes).reduce((sum, n) => sum + n, 0);
  const options = { resolution: resolutionFor(noteCount), seed: SEED, keys, space };
  const settle = (topics: Labels) =>
    mergeSmallTopics(graph, rows, topics, {
      notes,
      rowAt,
      smallestTopic: smallestTopicFor(noteCount),
      space,
    });
  const qualityOf = (topics: Labels) => modularity(graph, topics, options.resolution);

  let placed: Labels | undefined;
  if (previous !== undefined) {
    const { label: initial } = withUnknownAlone(previous.label);
    const steady = favourPresentTopics(graph, previous.label, FAVOUR_WHEN_PLACING);
    placed = settle(
      moveFrontier(steady, surroundingsOfUnknown(graph, previous.label), { ...options, initial }),
    );
    const quality = qualityOf(placed);
    const { changedNotes } = previous;
    const before = previous.quality ?? quality;
    if (changedNotes < REGROUP_AT_CHANGE * noteCount && quality > before - REGROUP_AT_LOSS) {
      return { topics: placed, regrouped: false, changedNotes, quality: before };
    }
  }
  const steady = previous
    ? favourPresentTopics(graph, previous.label, FAVOUR_WHEN_REGROUPING)
    : consensusGraph(graph, options);
  let best: Labels | undefined;
  let quality = Number.NEGATIVE_INFINITY;
  for (let from = placed; ; from = best) {
    const found = leiden(steady, { ...options, ...(from && { initial: from.label }) });
    const next = settle(found);
    const better = qualityOf(next);
    if (best !== undefined && better <= quality + SMALLEST_GAIN) break;
    best = next;
    quality = better;
    // Begun from what it has found itself, Leiden finds it again.
    if (sameLabels(found, next)) break;
  }
  const topics = splitTopics(previous ? steady : graph, best, {
    notes,
    smallestTopic: smallestTopicFor(noteCount),
    largestCut: largestCutFor(noteCount),
    keys,
    seed: SEED,
    space,
    present: placed?.label,
  });
  return { topics, regrouped: true, changedNotes: 0, quality: qualityOf(topics) };
}

/**
 * Gamma: 1 up to 30 notes, 1.4 at 120, 2 from 960 on.
 *
 * It glides with the size, so that no account is regrouped in the night in which it crosses a line. Measured
 * as the mean of V, AMI and ARI on accounts of 6 to 2,000 notes drawn from two sets of notes (lexical and
 * MiniLM vectors) and two of short questions: below 30 notes 1 is best, at 100 to 200 about 1.25 to 1.5 and
 * from 400 on 2 to 2.5.
 */
export function resolutionFor(notes: number): number {
  return Math.min(2, Math.max(1, 1 + 0.2 * Math.log2(notes / 30)));
}

/** Two notes make a topic in a small account; in one of 2,500 notes it takes eight. */
export function smallestTopicFor(notes: number): number {
  return Math.min(8, Math.max(2, Math.round(Math.sqrt(notes) / 6)));
}

function withUnknownAlone(previous: Int32Array): Labels {
  let alone = previous.reduce((highest, topic) => Math.max(highest, topic), -1) + 1;
  return compactLabels(previous.map((topic) => (topic < 0 ? alone++ : topic)));
}

/** The nodes without a previous topic and everything linked with them. */
function surroundingsOfUnknown(graph: Graph, previous: Int32Array): Int32Array {
  const surroundings = new Set<number>();
  for (let node = 0; node < graph.nodes; node++) {
    if (previous[node]! >= 0) continue;
    surroundings.add(node);
    for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) surroundings.add(graph.targets[e]!);
  }
  return Int32Array.from(surroundings);
}
