import { adjustedRandIndex } from "@noctuary/core/comparison/adjusted-rand-index";
import { compareGroupings, compareSets, type Group } from "@noctuary/core/comparison/compare-groupings";
import { decideGate } from "@noctuary/core/comparison/decide-gate";
import { describe, expect, test } from "vitest";

const group = (id: string, from: number, to: number): Group => ({
  id,
  name: id.toUpperCase(),
  noteIds: Array.from({ length: to - from }, (_, i) => `n${from + i}`),
});

describe("the adjusted Rand index", () => {
  test("is that of Hubert & Arabie's definition", () => {
    // 6 items: cells (2, 0, 0), (1, 1, 0), (0, 1, 1): pairs 1, rows 3, columns 4, all 15.
    expect(adjustedRandIndex([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, 1, 2])).toBeCloseTo(
      (1 - (3 * 4) / 15) / (3.5 - (3 * 4) / 15),
    );
  });
  test.each([
    ["the same grouping under other names", ["a", "a", "b"], [7, 7, 1], 1],
    ["two single groups", [1, 1, 1], [2, 2, 2], 1],
    ["nothing", [], [], 1],
    ["one group against single items", [1, 1, 1], [1, 2, 3], 0],
  ])("%s", (_, one, other, expected) => {
    expect(adjustedRandIndex(one, other)).toBe(expected);
  });
});

describe("what became of their clusters", () => {
  test("the same, split, merged, scattered or absent, with where the notes are", () => {
    const theirs = [
      group("same", 0, 10),
      group("wide", 10, 30),
      group("a", 30, 34),
      group("b", 34, 60),
      group("gone", 90, 95),
    ];
    const ours = [
      group("s", 0, 9),
      group("w1", 10, 19),
      group("w2", 19, 30),
      group("ab", 30, 60),
      group("new", 70, 75),
    ];
    const compared = compareGroupings(theirs, ours);
    expect(compared).toMatchObject({
      groups: { theirs: 5, ours: 5 },
      alike: 3,
      notes: {
        both: 59,
        onlyTheirs: ["n9", "n90", "n91", "n92", "n93", "n94"],
        onlyOurs: ["n70", "n71", "n72", "n73", "n74"],
      },
    });
    expect(compared.differences).toEqual([
      { kind: "merged", id: "a", name: "A", notes: 4, places: [{ id: "ab", name: "AB", share: 1 }] },
      { kind: "absent", id: "gone", name: "GONE", notes: 0, places: [] },
    ]);
  });

  test("split says the shares, the largest first", () => {
    const { differences } = compareGroupings(
      [group("wide", 0, 20)],
      [group("w1", 0, 9), group("w2", 9, 18), group("w3", 18, 20)],
    );
    expect(differences).toEqual([
      {
        kind: "split",
        id: "wide",
        name: "WIDE",
        notes: 20,
        places: [
          { id: "w1", name: "W1", share: 0.45 },
          { id: "w2", name: "W2", share: 0.45 },
        ],
      },
    ]);
  });

  test("scattered is a cluster with no place for most of it", () => {
    const ours = Array.from({ length: 10 }, (_, i) => group(`g${i}`, i * 2, i * 2 + 2));
    expect(compareGroupings([group("wide", 0, 20)], ours).differences[0]).toMatchObject({
      kind: "scattered",
      places: [],
    });
  });
});

test("lists are alike where they are about the same notes, each once", () => {
  const compared = compareSets([group("x", 0, 4), group("y", 0, 4), group("z", 8, 9)], [group("o", 0, 5)]);
  expect(compared).toMatchObject({ theirs: 3, ours: 1, alike: 1 });
  expect(compared.onlyTheirs.map(({ id }) => id)).toEqual(["y", "z"]);
});

describe("the gate", () => {
  const night = (date: string, ari: number, notes = 10) => ({ date, ari, notes });
  const gate = { least: 0.5, nights: 2 };
  test("passes when each of the newest nights agrees, weighted by notes", () => {
    const nights = [
      night("2026-11-01", 0.1),
      night("2026-11-02", 0.9, 30),
      night("2026-11-02", 0, 10),
      night("2026-11-03", 0.6),
    ];
    expect(decideGate(nights, gate)).toEqual({
      passed: true,
      why: "agreement",
      nights: [
        { date: "2026-11-02", ari: expect.closeTo(0.675), users: 2 },
        { date: "2026-11-03", ari: 0.6, users: 1 },
      ],
    });
  });
  test("does not pass on too few nights, on one below, or on nights without notes of both", () => {
    expect(decideGate([night("2026-11-01", 1)], gate)).toMatchObject({
      passed: false,
      why: "too-few-nights",
    });
    expect(decideGate([night("2026-11-01", 1), night("2026-11-02", 0.4)], gate)).toMatchObject({
      passed: false,
      why: "below",
    });
    expect(decideGate([night("2026-11-01", 1, 0), night("2026-11-02", 1)], gate)).toMatchObject({
      why: "too-few-nights",
    });
  });
});
