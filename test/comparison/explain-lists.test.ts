import { sayStack, sayWeek } from "@noctuary/cli/render/list-differences";
import { compareSets, type Group } from "@noctuary/core/comparison/compare-groupings";
import { explainStacks, explainWeeks, type OurStack } from "@noctuary/core/comparison/explain-lists";
import { describe, expect, test } from "vitest";

const notes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `n${from + i}`);
const group = (id: string, from: number, to: number): Group => ({
  id,
  name: id,
  noteIds: notes(from, to),
});
const stack = (id: string, from: number, to: number, more: Partial<OurStack> = {}): OurStack => ({
  ...group(id, from, to),
  reason: "",
  clusterId: null,
  gone: null,
  ...more,
});
const topics = [group("Bread", 0, 20), group("Knee", 20, 40), group("Moths", 40, 50)];

function explain(theirs: Group[], ours: OurStack[]): string[] {
  const sets = compareSets(
    theirs,
    ours.filter(({ gone }) => gone === null),
  );
  return explainStacks({ theirs: sets.onlyTheirs, ours: sets.onlyOurs }, { theirs, ours, topics }).map(
    sayStack,
  );
}

describe("a stack of one alone", () => {
  test.each<[string, Group[], OurStack[], string[]]>([
    ["about the same notes is none", [group("a", 0, 4)], [stack("b", 0, 5)], []],
    [
      "shares some notes with one of the other: which, and how many",
      [group("a", 0, 10)],
      [stack("b", 8, 20, { reason: "Five notes in a week." })],
      [
        'only theirs: a (10 notes) shares 2 of its notes with our "b" (12 notes).',
        'only ours: b (12 notes) shares 2 of its notes with their "a" (10 notes). It says: Five notes in a week.',
      ],
    ],
    [
      "is about a topic of which the other has other notes",
      [group("a", 0, 5)],
      [stack("b", 10, 15, { clusterId: "Bread" })],
      [
        'only theirs: a (5 notes) is about Bread, of which ours has other notes, "b".',
        'only ours: b (5 notes) is about Bread, of which theirs has other notes, "a".',
      ],
    ],
    [
      "is about a topic of which the other has nothing",
      [group("a", 18, 24)],
      [],
      ["only theirs: a (6 notes) is about Knee (4 of its notes); ours has none about it."],
    ],
    [
      "of theirs was one of ours that the user dismissed",
      [group("a", 0, 5)],
      [stack("b", 0, 6, { gone: "dismissed" })],
      ['only theirs: a (5 notes): ours had 5 of its notes in "b", which the user dismissed.'],
    ],
    [
      "of theirs holds notes that are in no topic here",
      [group("a", 48, 60)],
      [],
      ["only theirs: a (12 notes): 10 of its notes are in no topic here."],
    ],
    [
      "of ours has no like, and says what it was made for",
      [],
      [stack("b", 0, 5, { clusterId: "Bread", reason: "Nine notes, usually three." })],
      [
        "only ours: b (5 notes) is about Bread; theirs has none about it. It says: Nine notes, usually three.",
      ],
    ],
  ])("%s", (_, theirs, ours, said) => {
    expect(explain(theirs, ours)).toEqual(said);
  });
});

describe("a week", () => {
  const explained = (theirs: Group[], ours: Group[]) => explainWeeks(theirs, ours, topics).map(sayWeek);
  test("told by both from about the same notes needs no word", () => {
    expect(explained([group("2026-11-07", 0, 10)], [group("2026-11-07", 0, 9)])).toEqual([]);
  });
  test("told from other notes: the topics that both speak of, and those of one alone, with their notes", () => {
    expect(
      explained(
        [group("2026-11-07", 15, 30)],
        [{ ...group("2026-11-07", 0, 0), noteIds: ["n15", "n41", "n42"] }],
      ),
    ).toEqual([
      "week to 2026-11-07: theirs is told from 15 notes, ours from 3 notes, 1 of them the same; " +
        "both speak of Bread (5); only theirs of Knee (10); only ours of Moths (2)",
    ]);
  });
  test("that only one has told", () => {
    expect(explained([group("2026-10-31", 45, 55)], [group("2026-11-07", 20, 22)])).toEqual([
      "week to 2026-10-31: only theirs has told it, from 10 notes; only theirs of Moths (5); 5 of theirs are in no topic here",
      "week to 2026-11-07: only ours has told it, from 2 notes; only ours of Knee (2)",
    ]);
  });
});
