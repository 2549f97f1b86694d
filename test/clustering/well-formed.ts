import type { Partition } from "@noctuary/core/clustering/partition";
import { expect } from "vitest";

/** Every note is in a topic, every topic in an area, and every figure is one. */
export function expectWellFormed(partition: Partition, count: number, dimensions: number): void {
  expect(partition.topic).toHaveLength(count);
  expect(new Set(partition.topic).size).toBe(partition.topics);
  for (const topic of partition.topic) expect(topic >= 0 && topic < partition.topics).toBe(true);
  expect(partition.area).toHaveLength(partition.topics);
  expect(new Set(partition.area).size).toBe(partition.areas);
  expect(partition.centroid).toHaveLength(partition.topics * dimensions);
  expect(partition.cohesion).toHaveLength(partition.topics);
  for (let note = 0; note < count; note++) {
    expect(partition.confidence[note]).toBeGreaterThanOrEqual(0);
    expect(partition.confidence[note]).toBeLessThanOrEqual(1);
    expect(partition.rival[note]).not.toBe(partition.topic[note]);
  }
  for (const value of [...partition.centroid, ...partition.cohesion, ...partition.confidence]) {
    expect(Number.isFinite(value)).toBe(true);
  }
}
