import { compactLabels, contract, type Graph, type Labels } from "./graph.ts";
import type { Workspace } from "./workspace.ts";

// With one limit for all nights 1.2 to 1.5 % of the unchanged notes move a night (`npm run bench:stability`, accounts of
// 428 to 1,871 notes), with these .2 to .5 %. From .5 and .7 of the limit to 1.4 and 1.8 of it, little changes.
const OF_ONE_TOPIC = 0.5;
const OF_TWO_TOPICS = 1.5;

export interface JoinOptions {
  /** How many notes each node stands for. */
  notes: ArrayLike<number>;
  /** Parts of fewer notes are joined to another. */
  smallestTopic: number;
  /** The largest share of the links to the other parts that chance would give, for parts to stay apart. */
  largestCut: number;
  /** The topic of each node at present, where there are any. */
  present?: Int32Array | undefined;
  space?: Workspace;
}

/** A part of a topic as it is joined. */
interface Part {
  notes: number;
  /** The weight of all edge ends in it. */
  strength: number;
  /** The edge weight to each other part. */
  links: Map<number, number>;
  /** Its nodes by the topic that they are in at present; empty where there is none yet. */
  present: Map<number, number>;
}

/**
 * Joins parts of a topic until each has at least `smallestTopic` notes and at most `largestCut` of the links to the
 * others that it would have by chance, or is the whole: always the worst, to what it is linked with most beyond chance.
 *
 * Parts that are of one topic at present come apart at half the limit, and those of two stay two up to one and a half of
 * it: of two groupings that are about equally good, the one there is stays.
 */
export function joinParts(graph: Graph, found: Labels, options: JoinOptions): Labels {
  const parts = partsAsFound(graph, found, options);
  const whole = graph.strengths.reduce((sum, strength) => sum + strength, 0);
  const joinedTo = Int32Array.from({ length: found.count }, (_, part) => part);
  while (parts.size > 1) {
    const [worst, excess] = most(parts, (key) => excessOf(key, parts, whole, options));
    if (excess === 0) break;
    const part = parts.get(worst)!;
    parts.delete(worst);
    const [into] = most(parts, (other, { strength }) => {
      const weight = part.links.get(other) ?? 0;
      return weight === 0 ? 0 : weight / strength;
    });
    join(worst, part, into, parts);
    for (let one = 0; one < joinedTo.length; one++) if (joinedTo[one] === worst) joinedTo[one] = into;
  }
  return compactLabels(found.label.map((part) => joinedTo[part]!));
}

function partsAsFound(
  graph: Graph,
  found: Labels,
  { notes, present, space }: JoinOptions,
): Map<number, Part> {
  const { offsets, targets, weights, strengths } = contract(graph, found, space);
  const parts = Array.from({ length: found.count }, (_, part): Part => {
    const links = new Map<number, number>();
    for (let e = offsets[part]!; e < offsets[part + 1]!; e++) links.set(targets[e]!, weights[e]!);
    return { notes: 0, strength: strengths[part]!, links, present: new Map() };
  });
  for (let node = 0; node < graph.nodes; node++) {
    const part = parts[found.label[node]!]!;
    part.notes += notes[node]!;
    if (present !== undefined) add(part.present, present[node]!, 1);
  }
  return new Map(parts.entries());
}

function join(key: number, part: Part, into: number, parts: ReadonlyMap<number, Part>): void {
  const joint = parts.get(into)!;
  joint.notes += part.notes;
  joint.strength += part.strength;
  for (const [topic, nodes] of part.present) add(joint.present, topic, nodes);
  for (const [other, weight] of part.links) {
    const { links } = parts.get(other)!;
    links.delete(key);
    if (other === into) continue;
    add(joint.links, other, weight);
    add(links, into, weight);
  }
}

/** By how much a part falls short of being a topic: 0 where it is one, infinitely where it is too small. */
function excessOf(
  key: number,
  parts: ReadonlyMap<number, Part>,
  whole: number,
  { smallestTopic, largestCut }: JoinOptions,
): number {
  const { notes, strength, links } = parts.get(key)!;
  if (notes < smallestTopic) return Number.POSITIVE_INFINITY;
  let cut = 0;
  for (const weight of links.values()) cut += weight;
  if (cut === 0) return 0;
  const byChance = strength * (1 - strength / whole);
  const excess = cut / (byChance * largestCut * firmness(key, parts));
  return excess > 1 ? excess : 0;
}

/** What the limit is multiplied with, for what the part and the others are at present. */
function firmness(key: number, parts: ReadonlyMap<number, Part>): number {
  const topic = presentTopic(parts.get(key)!);
  if (topic === undefined) return 1;
  const isOne = [...parts].some(([other, part]) => other !== key && presentTopic(part) === topic);
  return isOne ? OF_ONE_TOPIC : OF_TWO_TOPICS;
}

/** The topic that most of a part's nodes are in at present. */
function presentTopic({ present }: Part): number | undefined {
  return present.size === 0 ? undefined : most(present, (_, nodes) => nodes)[0];
}

function add(sums: Map<number, number>, key: number, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}

/** The key of the largest value, the first of equals, and that value. */
function most<V>(
  entries: ReadonlyMap<number, V>,
  measure: (key: number, entry: V) => number,
): [key: number, value: number] {
  let found: [number, number] = [-1, Number.NEGATIVE_INFINITY];
  for (const [key, entry] of entries) {
    const value = measure(key, entry);
    if (value > found[1]) found = [key, value];
  }
  return found;
}
