import { compactLabels } from "@noctuary/core/clustering/graph";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { largestCutFor, type SplitOptions, splitTopics } from "@noctuary/core/clustering/split-topics";
import { describe, expect, test } from "vitest";
import { clique, graphOf } from "./graph-of-edges.ts";

/** Two groups of six, each fully linked within itself (30 edge ends), with `across` edges between them. */
function twoGroups(across: number) {
  const between = Array.from({ length: across }, (_, i): [number, number] => [i, 6 + i]);
  return graphOf(12, [...clique(0, 6), ...clique(6, 6), ...between]);
}

const oneTopic = (nodes: number) => compactLabels(new Array<number>(nodes).fill(0));
const APART = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
const options = (nodes: number, more: Partial<SplitOptions> = {}): SplitOptions => ({
  notes: new Array<number>(nodes).fill(1),
  smallestTopic: 3,
  largestCut: 0.22,
  keys: Uint32Array.from({ length: nodes }, (_, i) => i),
  seed: 1,
  ...more,
});
const split = (across: number, more?: Partial<SplitOptions>) => [
  ...splitTopics(twoGroups(across), oneTopic(12), options(12, more)).label,
];
const TOGETHER = [...oneTopic(12).label];

describe("on a first night", () => {
  // By chance half of a half's links cross: of 33 edge ends, 16.5.
  test("a topic is split where at most .22 of what chance gives crosses", () => {
    expect(split(3)).toEqual(APART); // 3 of 16.5
    expect(split(4)).toEqual(TOGETHER); // 4 of 17
  });

  test("groups without a link between them are two topics", () => {
    expect(split(0)).toEqual(APART);
  });

  test("no part has fewer notes than a topic, and identical texts count each", () => {
    expect(split(1, { smallestTopic: 7 })).toEqual(TOGETHER);
    expect(split(1, { smallestTopic: 7, notes: new Array<number>(12).fill(2) })).toEqual(APART);
    const nineAndThree = graphOf(12, [...clique(0, 9), ...clique(9, 3)]);
    const { count } = splitTopics(nineAndThree, oneTopic(12), options(12, { smallestTopic: 4 }));
    expect(count).toBe(1);
  });

  test("topics stay apart, each split for itself", () => {
    const topics = compactLabels([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    const { label } = splitTopics(twoGroups(1), topics, options(12));
    expect([...label]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
  });

  test("parts are split again: in a ring of groups, neighbours look like one until they are seen alone", () => {
    const groups = 12;
    const ring = Array.from({ length: groups }, (_, g) => [
      ...clique(4 * g, 4),
      [4 * g, (4 * g + 5) % (4 * groups)] as [number, number],
    ]);
    const graph = graphOf(4 * groups, ring.flat());
    const { label, count } = splitTopics(graph, oneTopic(4 * groups), options(4 * groups));
    expect(count).toBe(groups);
    expect([...label]).toEqual(Array.from(label, (_, node) => Math.floor(node / 4)));
  });

  test("chance is drawn by a note's key, so that a note more that nothing links changes nothing", () => {
    const random = seededRandom(3);
    const nodes = 120;
    const group = (node: number) => Math.floor(node / 6);
    const pairs = Array.from({ length: nodes }, (_, a) =>
      Array.from({ length: a }, (_, b): [number, number] => [a, b]),
    ).flat();
    const edges = pairs.filter(([a, b]) => random() < (group(a) === group(b) ? 0.7 : 0.03));
    const keys = Uint32Array.from({ length: nodes }, () => random() * 2 ** 32);
    const more = { largestCut: 0.6 };
    const before = splitTopics(graphOf(nodes, edges), oneTopic(nodes), options(nodes, { ...more, keys }));
    const withOneMore = splitTopics(
      graphOf(
        nodes + 1,
        edges.map(([a, b]): [number, number] => [a + 1, b + 1]),
      ),
      oneTopic(nodes + 1),
      options(nodes + 1, { ...more, keys: Uint32Array.of(7, ...keys) }),
    );
    expect(before.count).toBeGreaterThan(3);
    expect(compactLabels(withOneMore.label.slice(1))).toEqual(before);
  });

  test("notes that nothing links stay together", () => {
    const { count } = splitTopics(graphOf(9, []), oneTopic(9), options(9));
    expect(count).toBe(1);
  });
});

describe("once there are topics", () => {
  test("one topic stays one until half as much holds it together", () => {
    const present = new Int32Array(12);
    expect(split(2, { present })).toEqual(TOGETHER); // 2 of 16
    expect(split(1, { present })).toEqual(APART); // 1 of 15.5
  });

  test("two stay two until half as much again holds them together", () => {
    const present = Int32Array.from(APART);
    expect(split(5, { present })).toEqual(APART); // 5 of 17.5
    expect(split(6, { present })).toEqual(TOGETHER); // 6 of 18
  });
});

describe("the limit glides with the size of the account", () => {
  test("nothing is split up to 256 notes, and from 512 on the limit is the same", () => {
    expect(largestCutFor(1)).toBe(0);
    expect(largestCutFor(256)).toBe(0);
    expect(largestCutFor(512)).toBe(0.22);
    expect(largestCutFor(100_000)).toBe(0.22);
    const topics = oneTopic(12);
    expect(splitTopics(twoGroups(0), topics, options(12, { largestCut: 0 }))).toEqual(topics);
  });

  test("a night of one more note in a hundred changes it by less than a fiftieth of itself", () => {
    for (let notes = 100; notes < 1_000; notes++) {
      const step = largestCutFor(1.01 * notes) - largestCutFor(notes);
      expect(step).toBeGreaterThanOrEqual(0);
      expect(step).toBeLessThan(0.22 / 50);
    }
  });
});
