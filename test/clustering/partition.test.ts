import { partitionNotes } from "@noctuary/core/clustering/partition";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import fc from "fast-check";
import { expect, test } from "vitest";
import { movedBetween } from "../../bench/feed-nights.ts";
import { agreement } from "../../bench/metrics.ts";
import { groupedVectors } from "./synthetic-vectors.ts";
import { expectWellFormed } from "./well-formed.ts";

const dimensions = 32;

test("finds groups that are there, each with a unit centroid near its members", () => {
  const { vectors, group } = groupedVectors({ count: 300, groups: 6, dimensions, spread: 0.8, seed: 1 });
  const partition = partitionNotes({ vectors, count: 300, dimensions });
  expectWellFormed(partition, 300, dimensions);
  expect(partition.topics).toBe(6);
  expect(agreement(group, partition.topic).ari).toBe(1);
  for (let topic = 0; topic < 6; topic++) {
    expect(
      Math.hypot(...partition.centroid.subarray(topic * dimensions, (topic + 1) * dimensions)),
    ).toBeCloseTo(1, 5);
    expect(partition.cohesion[topic]).toBeGreaterThan(0.7);
  }
  expect(partition.loose.every((flag) => flag === 0)).toBe(true);
});

test("groups of groups become areas", () => {
  const random = seededRandom(8);
  const { vectors: centres } = groupedVectors({ count: 12, groups: 3, dimensions, spread: 0.9, seed: 5 });
  // Twelve notes a topic: fewer than a note has neighbours, so that topics of an area are linked.
  const vectors = new Float32Array(144 * dimensions).map((_, i) => {
    const row = Math.floor(i / dimensions);
    return centres[(row % 12) * dimensions + (i % dimensions)]! + 0.12 * (random() * 2 - 1);
  });
  const partition = partitionNotes({ vectors, count: 144, dimensions });
  const areaOfNote = [...partition.topic].map((topic) => partition.area[topic]!);
  expect(partition.topics).toBe(12);
  expect(
    agreement(
      [...partition.topic.keys()].map((note) => note % 3),
      areaOfNote,
    ).ari,
  ).toBeGreaterThan(0.8);
});

test("the same input gives the same result, bit for bit", () => {
  const { vectors } = groupedVectors({ count: 400, groups: 15, dimensions, spread: 1.6, seed: 3 });
  const once = partitionNotes({ vectors, count: 400, dimensions });
  const again = partitionNotes({ vectors: vectors.slice(), count: 400, dimensions });
  expect(again).toEqual(once);
});

test("the order of the notes changes nothing, bit for bit, on the first night and on a later one", () => {
  const whole = groupedVectors({ count: 130, groups: 9, dimensions, spread: 1.8, seed: 4 }).vectors;
  // Copies and near copies: what only order could tell apart.
  whole.copyWithin(120 * dimensions, 0, 10 * dimensions);
  whole[125 * dimensions]! += 1e-3;
  const first = partitionNotes({ vectors: whole.subarray(0, 118 * dimensions), count: 118, dimensions });
  const lastTopic = Int32Array.from({ length: 130 }, (_, note) => first.topic[note] ?? -1);
  const regrouping = { quality: first.regrouping.quality, changedNotes: 12 };
  const later = (vectors: Float32Array, topic: Int32Array) =>
    partitionNotes({ vectors, count: 130, dimensions }, { topic, regrouping });
  const inOrder = [partitionNotes({ vectors: whole, count: 130, dimensions }), later(whole, lastTopic)];
  fc.assert(
    fc.property(fc.shuffledSubarray([...Array(130).keys()], { minLength: 130 }), (order) => {
      const vectors = new Float32Array(130 * dimensions);
      for (const [place, note] of order.entries()) {
        vectors.set(whole.subarray(note * dimensions, (note + 1) * dimensions), place * dimensions);
      }
      const lastInOrder = Int32Array.from(order, (note) => lastTopic[note]!);
      const shuffled = [partitionNotes({ vectors, count: 130, dimensions }), later(vectors, lastInOrder)];
      for (const [night, partition] of inOrder.entries()) {
        expect(shuffled[night]).toEqual({
          ...partition,
          topic: Int32Array.from(order, (note) => partition.topic[note]!),
          confidence: Float32Array.from(order, (note) => partition.confidence[note]!),
          rival: Int32Array.from(order, (note) => partition.rival[note]!),
          loose: Uint8Array.from(order, (note) => partition.loose[note]!),
          closeness: Float32Array.from(order, (note) => partition.closeness[note]!),
        });
      }
    }),
    { numRuns: 20, seed: 1 },
  );
});

test("a large account has fine topics where they are apart, in any order, and keeps them", () => {
  const [count, groups] = [1_200, 80];
  const { vectors, group } = groupedVectors({ count, groups, dimensions, spread: 0.8, seed: 6 });
  const partition = partitionNotes({ vectors, count, dimensions });
  expect(partition.topics).toBe(groups);
  expect(agreement(group, partition.topic).ari).toBe(1);

  const reversed = Float32Array.from(vectors, (_, i) => {
    const [row, d] = [Math.floor(i / dimensions), i % dimensions];
    return vectors[(count - 1 - row) * dimensions + d]!;
  });
  expect(partitionNotes({ vectors: reversed, count, dimensions }).topic).toEqual(
    partition.topic.toReversed(),
  );

  const regrouped = { quality: partition.regrouping.quality, changedNotes: 100 };
  const tonight = partitionNotes(
    { vectors, count, dimensions },
    { topic: partition.topic, regrouping: regrouped },
  );
  expect(tonight.moveCause).toBe("regrouped");
  expect(movedBetween(partition.topic, tonight.topic)).toBe(0);
});

test("notes that are near everything do not tie unlike notes together", () => {
  const [count, hubs, common] = [300, 40, 0.5];
  let agreed = 0;
  for (const seed of [1, 2, 3]) {
    const { vectors, group } = groupedVectors({ count, groups: 8, dimensions, spread: 2, seed });
    const random = seededRandom(seed + 50);
    const direction = Array.from({ length: dimensions }, () => random() - 0.5);
    const all = new Float32Array((count + hubs) * dimensions);
    for (let i = 0; i < all.length; i++) {
      const shared = direction[i % dimensions]!;
      all[i] = i < vectors.length ? vectors[i]! + common * shared : shared + 0.35 * (random() - 0.5);
    }
    const { topic } = partitionNotes({ vectors: all, count: count + hubs, dimensions });
    agreed += agreement(group, topic.subarray(0, count)).ari / 3;
  }
  // Without the discount it is .26.
  expect(agreed).toBeGreaterThan(0.36);
});

test("where many partitions of a small account are about equally good, it is not chance which one is found", () => {
  const count = 200;
  let moved = 0;
  for (const seed of [1, 2, 3]) {
    const { vectors } = groupedVectors({ count, groups: 15, dimensions, spread: 2.4, seed });
    const whole = partitionNotes({ vectors, count, dimensions });
    for (let gone = 0; gone < 6 * 29; gone += 29) {
      const rest = [...vectors.subarray(0, gone * dimensions), ...vectors.subarray((gone + 2) * dimensions)];
      const without = partitionNotes({ vectors: Float32Array.from(rest), count: count - 2, dimensions });
      moved += movedBetween(without.topic, [...whole.topic].toSpliced(gone, 2));
    }
  }
  // One run in the place of ten leaves .22 of the notes elsewhere.
  expect(moved / (18 * count)).toBeLessThan(0.16);
});
