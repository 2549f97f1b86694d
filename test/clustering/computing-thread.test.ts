import { centroidsOf } from "@noctuary/core/clustering/centroids";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { type Partition, partitionNotes } from "@noctuary/core/clustering/partition";
import type { Edit } from "@noctuary/core/identity/edits";
import {
  clusterOnThread,
  decideOnThread,
  nameOnThread,
} from "@noctuary/core/nightly-cluster/computing-thread";
import { decideClusters } from "@noctuary/core/nightly-cluster/decide-clusters";
import type { LastNight } from "@noctuary/core/nightly-cluster/last-night";
import { nameTonight } from "@noctuary/core/nightly-cluster/name-tonight";
import { expect, test, vi } from "vitest";
import { PATIENT } from "../support/patience.ts";
import { groupedVectors } from "./synthetic-vectors.ts";

vi.setConfig({ testTimeout: 60_000 });

const dimensions = 32;

function threads(): number {
  const report = process.report as unknown as {
    excludeNetwork: boolean;
    getReport(): { workers: unknown[] };
  };
  report.excludeNetwork = true;
  return report.getReport().workers.length;
}

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

test("what is called off is stopped in the middle, and who waits behind it gets an answer all the same", async () => {
  const expected = partitionNotes(account(50, 1));
  const stop = new AbortController();
  const neverSeen = new AbortController();
  const long = clusterOnThread(account(30_000, 1), stop.signal);
  const behind = clusterOnThread(account(50, 1));
  const calledOffBefore = clusterOnThread(account(40, 1), neverSeen.signal);
  const last = clusterOnThread(account(50, 1));
  neverSeen.abort(new Error("called off while it waited"));
  await expect(calledOffBefore).rejects.toThrow("called off while it waited");
  const threadsBefore = threads();
  stop.abort(new Error("the time is up"));
  await expect(long).rejects.toThrow("the time is up");
  expect((await behind)!.partition).toEqual(expected);
  expect((await last)!.partition).toEqual(expected);
  // One took the place of the other, and with it the threads that it computed with are gone.
  await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(threadsBefore), PATIENT);
});

test("vectors that were handed over before are refused, and nobody gets another account's answer", async () => {
  const used = account(60, 2);
  const first = await clusterOnThread(used);
  await expect(clusterOnThread(used)).rejects.toThrow("transfer");
  expect(await clusterOnThread(account(60, 2))).toEqual(first);
});

test("decides as the plain path does, edits and all, and this thread goes on serving others meanwhile", async () => {
  const count = 20_000;
  const noteIds = Array.from({ length: count }, (_, i) => `n${i}`);
  const { vectors } = groupedVectors({ count, groups: 12, dimensions, spread: 1.3, seed: 1 });
  const rows = packRows({ vectors, count, dimensions });
  const groups = 200;
  const topic = Int32Array.from(noteIds, (_, row) => row % groups);
  const everyNote = new Uint8Array(count).fill(1);
  const rowAt = Int32Array.from(noteIds.keys());
  const grouped: Partition = {
    ...{ topic, topics: groups, area: new Int32Array(groups), areas: 1 },
    confidence: new Float32Array(count).fill(0.6),
    rival: new Int32Array(count).fill(-1),
    loose: new Uint8Array(count),
    closeness: new Float32Array(count).fill(1),
    centroid: centroidsOf(rows, { label: topic, count: groups }, everyNote, rowAt),
    cohesion: new Float32Array(groups).fill(1),
    ...{ moveCause: "regrouped", regrouping: { changedNotes: 0, quality: null } },
  };
  const topics = Array.from({ length: groups }, (_, i) => ({ id: `c${i}`, name: `c${i}`, parentId: "a" }));
  const forget: Edit = {
    ...{ id: "e", kind: "forget", clusterId: "c7", otherId: null, noteIds: [], name: null },
    ...{ outcome: null, notesKept: null },
  };
  const last: LastNight = {
    topics,
    areas: [{ id: "a", name: "a" }],
    memberships: noteIds.map((noteId, row) => ({
      ...{ noteId, clusterId: `c${row % groups}`, placedBy: "noctuary" as const },
    })),
    ...{ retired: [], edits: [forget], missing: new Map() },
  };
  const notes = { noteIds, fresh: new Set<string>() };
  const expected = decideClusters(notes, grouped, last, () => expect.fail("nothing is new"), rows);
  expect(expected.topics).toHaveLength(groups - 1);

  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  const decided = await decideOnThread({ notes, grouped, last, rows });
  done = true;
  expect(decided).toEqual(expected);
  expect(turns).toBeGreaterThan(100);
  expect(rows.codes, "handed over").toHaveLength(0);
});

test("names as the plain path does", async () => {
  const words = ["sourdough starter", "garden pond", "sailing knots"];
  const topics = words.map((_, t) => ({ id: `t${t}`, areaId: "a", rows: [t * 2, t * 2 + 1], cohesion: 1 }));
  const areas = [{ id: "a", topicIds: topics.map(({ id }) => id), size: 6 }];
  const texts = new Map(
    words.map((subject, t) => [
      `t${t}`,
      [
        { title: `On ${subject}`, body: `All about ${subject}, day after day.` },
        { title: "Again", body: `The ${subject} once more.` },
      ],
    ]),
  );
  const expected = nameTonight({ topics, areas }, texts, new Map());
  expect(expected.get("t0")!.name).toBe("Sourdough starter");
  expect(await nameOnThread({ topics, areas }, texts, new Map())).toEqual(expected);
});
