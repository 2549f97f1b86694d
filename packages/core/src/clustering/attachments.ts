import { addLinks, type Graph, type Labels } from "./graph.ts";
import { workspaceFor } from "./workspace.ts";

export interface Attachments {
  /** Per node, how likely it stays in its topic; 0 if it hangs together with no core of it. */
  confidence: Float32Array;
  /** Per node, the other topic with most of its edge weight; -1 if all its edges stay inside. */
  rival: Int32Array;
  /** Per node, 1 if it is weakly attached. */
  loose: Uint8Array;
}

// A note has half to three quarters of its edge weight inside its topic. Below 0.3 lie 2 to 7 % of technical
// notes and 18 % of an essayist's, and reading them, most could as well be elsewhere.
const LOOSE_BELOW = 0.3;

// The share of a note's edge weight that stays inside its topic, as a chance to be in the same topic ten nights later,
// after a regrouping: 1 - .7 exp(-5.5 share). Fitted on twelve growing accounts (notes and short texts, in English and
// Japanese, lexical and MiniLM vectors); of the notes with a share of .25, .35, .45, .55, .75 and
// .95, .82, .89, .94, .96, .98 and .98 stayed. `npm run bench:stability` prints what is said against what happened.
const LEAVING_WITHOUT_ATTACHMENT = 0.7;
const DECAY = 5.5;

/** The chance to stay of a note with this share of its edge weight inside its topic; monotone. */
function chanceToStay(share: number): number {
  return share === 0 ? 0 : 1 - LEAVING_WITHOUT_ATTACHMENT * Math.exp(-DECAY * share);
}

/** How firmly each node sits in its topic. */
export function attachments(graph: Graph, topics: Labels, space = workspaceFor(graph)): Attachments {
  const confidence = new Float32Array(graph.nodes);
  const rival = new Int32Array(graph.nodes).fill(-1);
  const loose = new Uint8Array(graph.nodes);
  const inCore = coreMembers(graph, topics);
  const { linkTo, touched } = space;
  for (let node = 0; node < graph.nodes; node++) {
    const touchedCount = addLinks(graph, node, topics.label, space);
    const own = topics.label[node]!;
    const inside = linkTo[own]!;
    let strongest = 0;
    for (let t = 0; t < touchedCount; t++) {
      const topic = touched[t]!;
      if (topic !== own && linkTo[topic]! > strongest) {
        strongest = linkTo[topic]!;
        rival[node] = topic;
      }
      linkTo[topic] = 0;
    }
    const share = inCore[node] === 1 && inside > 0 ? inside / graph.strengths[node]! : 0;
    confidence[node] = chanceToStay(share);
    loose[node] = share < LOOSE_BELOW ? 1 : 0;
  }
  return { confidence, rival, loose };
}

/** Marks the largest connected part of each topic: the rest was put there for want of a better place. */
function coreMembers(graph: Graph, topics: Labels): Uint8Array {
  const { nodes, offsets, targets } = graph;
  const { label } = topics;
  const isReached = new Uint8Array(nodes);
  // The parts one behind the other; of each topic, where its largest part begins and how large it is.
  const reached = new Int32Array(nodes);
  const coreStart = new Int32Array(topics.count);
  const coreSize = new Int32Array(topics.count);
  let end = 0;
  for (let first = 0; first < nodes; first++) {
    if (isReached[first] === 1) continue;
    const topic = label[first]!;
    const start = end;
    isReached[first] = 1;
    reached[end++] = first;
    for (let at = start; at < end; at++) {
      const node = reached[at]!;
      for (let e = offsets[node]!; e < offsets[node + 1]!; e++) {
        const next = targets[e]!;
        if (isReached[next] === 1 || label[next] !== topic) continue;
        isReached[next] = 1;
        reached[end++] = next;
      }
    }
    if (end - start > coreSize[topic]!) {
      coreStart[topic] = start;
      coreSize[topic] = end - start;
    }
  }
  const isCore = new Uint8Array(nodes);
  for (let topic = 0; topic < topics.count; topic++) {
    for (let i = 0; i < coreSize[topic]!; i++) isCore[reached[coreStart[topic]! + i]!] = 1;
  }
  return isCore;
}
