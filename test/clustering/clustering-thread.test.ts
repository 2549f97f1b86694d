import { clusterOnThread } from "@noctuary/core/clustering/clustering-thread";
import { partitionNotes } from "@noctuary/core/clustering/partition";
import { expect, test, vi } from "vitest";
import { groupedVectors } from "./synthetic-vectors.ts";

vi.setConfig({ testTimeout: 60_000 });

const dimensions = 32;

function account(count: number, seed: number) {
  const { vectors } = groupedVectors({ count, groups: 12, dimensions, spread: 1.3, seed });
  return { vectors, count, dimensions, ...unkept(count) };
}

function unkept(count: number) {
  return { noteKeys: BigUint64Array.from({ length: count }, (_, i) => BigInt(i)), keepFrom: 3_000 };
}

test("groups notes as the plain path does, to the bit, one account after the other", async () => {
  const accounts = [300, 3_200, 40].map(account);
  const expected = accounts.map((one) => partitionNotes(one));
  const clustered = await Promise.all(accounts.map((one) => clusterOnThread(one)));
  expect(clustered.map((one) => one!.partition)).toEqual(expected);
});

test("starts from last night's topics", async () => {
  const expected = partitionNotes(account(500, 3));
  const tonight = await clusterOnThread({
    ...account(500, 3),
    previous: { topic: expected.topic.slice(), regrouping: expected.regrouping },
  });
  expect(tonight!.partition).toEqual({ ...expected, moveCause: "frontier" });
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
  expect((await clusterOnThread(account(50, 1)))!.partition).toEqual(expected);
});

test("vectors that were handed over before are refused, and nobody gets another account's answer", async () => {
  const used = account(60, 2);
  const first = await clusterOnThread(used);
  await expect(clusterOnThread(used)).rejects.toThrow("transfer");
  expect(await clusterOnThread(account(60, 2))).toEqual(first);
});
