import { clusterOnThread } from "@noctuary/core/clustering/clustering-thread";
import { partitionNotes } from "@noctuary/core/clustering/partition";
import { expect, test, vi } from "vitest";
import { groupedVectors } from "./synthetic-vectors.ts";

vi.setConfig({ testTimeout: 60_000 });

const dimensions = 32;

function account(count: number, seed: number) {
  const { vectors } = groupedVectors({ count, groups: 12, dimensions, spread: 1.3, seed });
  return { vectors, count, dimensions };
}

test("groups notes as the plain path does, to the bit, one account after the other", async () => {
  const accounts = [300, 3_200, 40].map(account);
  const expected = accounts.map((one) => partitionNotes(one));
  expect(await Promise.all(accounts.map((one) => clusterOnThread(one)))).toEqual(expected);
});

test("starts from last night's topics", async () => {
  const expected = partitionNotes(account(500, 3));
  const tonight = await clusterOnThread({
    ...account(500, 3),
    previous: { topic: expected.topic.slice(), regrouping: expected.regrouping },
  });
  expect(tonight).toEqual({ ...expected, moveCause: "frontier" });
});

test("this thread goes on serving others meanwhile", async () => {
  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await clusterOnThread(account(4_000, 1));
  done = true;
  expect(turns).toBeGreaterThan(100);
});

test("what goes wrong there is thrown here, and the next account is grouped all the same", async () => {
  const broken = { ...account(50, 1), dimensions: -1 };
  await expect(clusterOnThread(broken)).rejects.toThrow(RangeError);
  const expected = partitionNotes(account(50, 1));
  expect(await clusterOnThread(account(50, 1))).toEqual(expected);
});
