import { type Partition, type PreviousPartition, partitionNotes } from "@noctuary/core/clustering/partition";
import { expect, test } from "vitest";
import { agreement } from "../../bench/metrics.ts";
import { groupedVectors } from "./synthetic-vectors.ts";

const dimensions = 32;

/** What the next night is given when nothing has changed. */
function after({ topic, regrouping }: Partition): PreviousPartition {
  return { topic, regrouping };
}

test("an unchanged account comes back as it was", () => {
  for (const spread of [0.8, 1.3, 1.8, 2.5]) {
    const { vectors } = groupedVectors({ count: 500, groups: 20, dimensions, spread, seed: 7 });
    const lastNight = partitionNotes({ vectors, count: 500, dimensions });
    const tonight = partitionNotes({ vectors, count: 500, dimensions }, after(lastNight));
    expect(tonight).toEqual({ ...lastNight, moveCause: "frontier" });
  }
});

test("one new note in a hundred moves few of the others", () => {
  const [before, total] = [990, 1000];
  const { vectors } = groupedVectors({ count: total, groups: 25, dimensions, spread: 2, seed: 11 });
  const lastNight = partitionNotes({
    vectors: vectors.subarray(0, before * dimensions),
    count: before,
    dimensions,
  });
  const previousTopic = new Int32Array(total).fill(-1);
  previousTopic.set(lastNight.topic);
  const tonight = partitionNotes(
    { vectors, count: total, dimensions },
    { topic: previousTopic, regrouping: { ...lastNight.regrouping, changedNotes: total - before } },
  );
  const commonest = new Map<number, Map<number, number>>();
  for (let note = 0; note < before; note++) {
    const counts = commonest.get(lastNight.topic[note]!) ?? new Map<number, number>();
    counts.set(tonight.topic[note]!, (counts.get(tonight.topic[note]!) ?? 0) + 1);
    commonest.set(lastNight.topic[note]!, counts);
  }
  const stayed = [...commonest.values()].reduce((sum, counts) => sum + Math.max(...counts.values()), 0);
  expect((before - stayed) / before).toBeLessThan(0.02);
});

test("a topic that lost its notes is gone, and the others stay", () => {
  const { vectors } = groupedVectors({ count: 200, groups: 4, dimensions, spread: 0.8, seed: 2 });
  const lastNight = partitionNotes({ vectors, count: 200, dimensions });
  const kept = [...lastNight.topic.keys()].filter((note) => lastNight.topic[note] !== 0);
  const left = Float32Array.from(
    kept.flatMap((note) => [...vectors.subarray(note * dimensions, (note + 1) * dimensions)]),
  );
  const previousTopic = Int32Array.from(kept, (note) => lastNight.topic[note]!);
  const tonight = partitionNotes(
    { vectors: left, count: kept.length, dimensions },
    { topic: previousTopic, regrouping: { ...lastNight.regrouping, changedNotes: 200 - kept.length } },
  );
  expect(tonight.topics).toBe(3);
  expect(agreement([...previousTopic], tonight.topic).ari).toBe(1);
});

test("an account whose partition has become materially worse is regrouped, however little has changed", () => {
  const { vectors } = groupedVectors({ count: 300, groups: 6, dimensions, spread: 0.8, seed: 1 });
  const input = { vectors, count: 300, dimensions };
  const { topic, regrouping } = partitionNotes(input);
  const after = (quality: number) =>
    partitionNotes(input, { topic, regrouping: { changedNotes: 1, quality } });
  expect(after(regrouping.quality! + 0.01).moveCause).toBe("frontier");
  expect(after(regrouping.quality! + 0.03)).toMatchObject({ moveCause: "regrouped", regrouping });
});
