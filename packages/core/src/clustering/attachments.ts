import type { Graph, Labels } from "./graph.ts";

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
export function attachments(graph: Graph, topics: Labels): Attachments {
  const confidence = new Float32Array(graph.nodes);
  const rival = new Int32Array(graph.nodes).fill(-1);
  const loose = new Uint8Array(graph.nodes);
  const inCore = coreMembers(graph, topics);
  const linkTo = new Map<number, number>();
  for (let node = 0; node < graph.nodes; node++) {
    linkTo.clear();
    for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) {
      const topic = topics.label[graph.targets[e]!]!;
      linkTo.set(topic, (linkTo.get(topic) ?? 0) + graph.weights[e]!);
    }
    const own = topics.label[node]!;
    const inside = linkTo.get(own) ?? 0;
    let strongest = 0;
    for (const [topic, weight] of linkTo) {
      if (topic !== own && weight > strongest) {
        strongest = weight;
        rival[node] = topic;
      }
    }
    const share = inCore[node] === 1 && inside > 0 ? inside / graph.strengths[node]! : 0;
    confidence[node] = chanceToStay(share);
    loose[node] = share < LOOSE_BELOW ? 1 : 0;
  }
  return { confidence, rival, loose };
}

/** Marks the largest connected part of each topic: the rest was put there for want of a better place. */
function coreMembers(graph: Graph, topics: Labels): Uint8Array {
  const part = new Int32Array(graph.nodes).fill(-1);
  const partSize: number[] = [];
  const core = new Int32Array(topics.count).fill(-1);
  for (let start = 0; start < graph.nodes; start++) {
    if (part[start] !== -1) continue;
    const topic = topics.label[start]!;
    const id = partSize.length;
    const reached = [start];
    part[start] = id;
    for (const node of reached) {
      for (let e = graph.offsets[node]!; e < graph.offsets[node + 1]!; e++) {
        const next = graph.targets[e]!;
        if (part[next] !== -1 || topics.label[next] !== topic) continue;
        part[next] = id;
        reached.push(next);
      }
    }
    partSize.push(reached.length);
    if (core[topic] === -1 || reached.length > partSize[core[topic]!]!) core[topic] = id;
  }
  return Uint8Array.from(part, (id, node) => (core[topics.label[node]!] === id ? 1 : 0));
}
