import { partitionNotes } from "@noctuary/core/clustering/partition";
import { expect, test } from "vitest";
import { agreement } from "../../bench/metrics.ts";
import { groupedVectors } from "./synthetic-vectors.ts";
import { expectWellFormed } from "./well-formed.ts";

const dimensions = 32;

test("no notes", () => {
  const partition = partitionNotes({ vectors: new Float32Array(0), count: 0, dimensions });
  expectWellFormed(partition, 0, dimensions);
  expect(partition.topics).toBe(0);
});

test.each([1, 2, 3])("%i notes are one topic", (count) => {
  const { vectors } = groupedVectors({ count, groups: 1, dimensions, spread: 0.5, seed: 1 });
  const partition = partitionNotes({ vectors, count, dimensions });
  expectWellFormed(partition, count, dimensions);
  expect(partition.topics).toBe(1);
});

test.each([
  [6, 2],
  [12, 3],
  [30, 4],
])("%i notes on %i subjects are that many topics", (count, groups) => {
  const { vectors, group } = groupedVectors({ count, groups, dimensions, spread: 0.7, seed: 6 });
  const partition = partitionNotes({ vectors, count, dimensions });
  expectWellFormed(partition, count, dimensions);
  expect(agreement(group, partition.topic).ari).toBe(1);
});

test.each([5, 400])("%i equal notes are one topic", (count) => {
  const { vectors: one } = groupedVectors({ count: 1, groups: 1, dimensions, spread: 0, seed: 1 });
  const vectors = new Float32Array(count * dimensions).map((_, i) => one[i % dimensions]!);
  const partition = partitionNotes({ vectors, count, dimensions });
  expectWellFormed(partition, count, dimensions);
  expect(partition.topics).toBe(1);
  expect(partition.cohesion[0]).toBeCloseTo(1, 5);
});

test("copies of a note share its topic", () => {
  const { vectors, group } = groupedVectors({ count: 120, groups: 4, dimensions, spread: 0.8, seed: 9 });
  const copies = 60;
  const all = new Float32Array((120 + copies) * dimensions);
  all.set(vectors);
  for (let copy = 0; copy < copies; copy++)
    all.set(vectors.subarray(0, dimensions), (120 + copy) * dimensions);
  const partition = partitionNotes({ vectors: all, count: 120 + copies, dimensions });
  expectWellFormed(partition, 120 + copies, dimensions);
  expect([...partition.topic.subarray(120)].every((topic) => topic === partition.topic[0])).toBe(true);
  expect(agreement(group, partition.topic.subarray(0, 120)).ari).toBe(1);
});

test("notes that have nothing in common are in one topic, loosely", () => {
  const count = 40;
  const vectors = new Float32Array(count * 64);
  for (let note = 0; note < count; note++) vectors[note * 64 + note] = 1;
  const partition = partitionNotes({ vectors, count, dimensions: 64 });
  expectWellFormed(partition, count, 64);
  expect(partition.topics).toBe(1);
  expect(partition.loose.every((flag) => flag === 1)).toBe(true);
});

test("unrelated notes each have a topic of a sensible size", () => {
  const { vectors } = groupedVectors({ count: 200, groups: 200, dimensions, spread: 0, seed: 5 });
  const partition = partitionNotes({ vectors, count: 200, dimensions });
  expectWellFormed(partition, 200, dimensions);
  expect(partition.topics).toBeLessThan(40);
});

test("one giant topic does not swallow the small ones beside it, nor does it shatter", () => {
  const giant = groupedVectors({ count: 600, groups: 1, dimensions, spread: 0.8, seed: 4 });
  const small = groupedVectors({ count: 36, groups: 3, dimensions, spread: 0.4, seed: 8 });
  const vectors = new Float32Array([...giant.vectors, ...small.vectors]);
  const partition = partitionNotes({ vectors, count: 636, dimensions });
  expectWellFormed(partition, 636, dimensions);
  const topicsOf = (from: number, to: number) => new Set(partition.topic.subarray(from, to));
  const others = topicsOf(600, 636);
  expect(others.size).toBe(3);
  expect([...others].filter((topic) => topicsOf(0, 600).has(topic))).toEqual([]);
  // Parts of it of a sensible size, not crumbs: fifteen notes each and more.
  expect(topicsOf(0, 600).size).toBeLessThanOrEqual(600 / 15);
});

test("a note without any likeness is loosely in a topic that stays as it is", () => {
  const { vectors, group } = groupedVectors({
    count: 100,
    groups: 5,
    dimensions: 31,
    spread: 0.6,
    seed: 3,
  });
  const all = new Float32Array(102 * 32);
  for (let note = 0; note < 100; note++) all.set(vectors.subarray(note * 31, (note + 1) * 31), note * 32);
  all[100 * 32 + 31] = 1;
  const partition = partitionNotes({ vectors: all, count: 102, dimensions: 32 });
  expectWellFormed(partition, 102, 32);
  expect(agreement(group, partition.topic.subarray(0, 100)).ari).toBe(1);
  expect([...partition.loose.subarray(98)]).toEqual([0, 0, 1, 1]);
  expect(partition.confidence[100]).toBe(0);
});

test("two notes that are like each other only are loosely in a topic of the others", () => {
  const { vectors } = groupedVectors({ count: 300, groups: 6, dimensions: 30, spread: 0.6, seed: 3 });
  const all = new Float32Array(302 * 32);
  for (let note = 0; note < 300; note++) all.set(vectors.subarray(note * 30, (note + 1) * 30), note * 32);
  all[300 * 32 + 30] = 1;
  all[301 * 32 + 30] = 1;
  all[301 * 32 + 31] = 0.5;
  const partition = partitionNotes({ vectors: all, count: 302, dimensions: 32 });
  expectWellFormed(partition, 302, 32);
  expect(partition.topics).toBe(6);
  expect([...partition.loose.subarray(298)]).toEqual([0, 0, 1, 1]);
  expect([...partition.confidence.subarray(300)]).toEqual([0, 0]);
});

test("only vectors of zero length", () => {
  const partition = partitionNotes({ vectors: new Float32Array(10 * dimensions), count: 10, dimensions });
  expectWellFormed(partition, 10, dimensions);
  expect(partition.topics).toBe(1);
});
