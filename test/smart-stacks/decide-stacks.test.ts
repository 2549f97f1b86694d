import type { Candidate } from "@noctuary/core/smart-stacks/candidate";
import { decideStacks, type LastStack, type StacksToDecide } from "@noctuary/core/smart-stacks/decide-stacks";
import { kindWeightOf, priorityOf } from "@noctuary/core/smart-stacks/priority";
import { describe, expect, test } from "vitest";
import { TODAY } from "./account.ts";

const candidate = (topicId: string, noteIds: string[], more: Partial<Candidate> = {}): Candidate => ({
  kind: "new-theme",
  topicId,
  facts: {
    kind: "new-theme",
    from: "2026-10-20",
    to: "2026-11-02",
    notes: noteIds.length,
    days: 3,
    older: 0,
    noteIds,
  },
  notes: noteIds.map((id) => ({ id })),
  size: noteIds.length,
  strength: 0.5,
  confidence: 0.5,
  latestDay: TODAY,
  isClear: true,
  ...more,
});
const stored = (from: Candidate, more: Partial<LastStack> = {}): LastStack => ({
  id: `stack of ${from.topicId}`,
  kind: from.kind,
  topicId: from.topicId,
  facts: from.facts,
  retiredOn: null,
  verdict: null,
  verdictOn: null,
  ...more,
});
const decide = (candidates: Candidate[], last: LastStack[] = [], more: Partial<StacksToDecide> = {}) => {
  let made = 0;
  return decideStacks({
    candidates,
    last,
    today: TODAY,
    most: 5,
    failedKinds: new Set(),
    topics: new Set([...candidates, ...last].flatMap(({ topicId }) => topicId ?? [])),
    notes: new Set(
      [...candidates, ...last].flatMap(({ facts }) => ("noteIds" in facts ? facts.noteIds : [])),
    ),
    origins: new Map(),
    newId: () => `new ${made++}`,
    ...more,
  });
};
const ids = ({ stacks }: ReturnType<typeof decide>) => stacks.map(({ id }) => id);

describe("which stacks there are", () => {
  test("a handful at most, two of a kind, one of a theme", () => {
    const kinds = ["new-theme", "momentum", "recurring", "unfinished"] as const;
    const many = kinds.flatMap((kind) =>
      ["a", "b", "c"].map((topic) =>
        candidate(`${kind} ${topic}`, [`${kind}${topic}1`, `${kind}${topic}2`], { kind }),
      ),
    );
    const decided = decide(many);
    expect(decided.stacks).toHaveLength(5);
    for (const kind of kinds) {
      expect(decided.stacks.filter((stack) => stack.candidate.kind === kind).length).toBeLessThanOrEqual(2);
    }
    expect(decide(many, [], { most: 1 }).stacks).toHaveLength(1);
    const oneTheme = kinds.map((kind, i) => candidate("same", [`n${i}`], { kind, strength: i / 10 }));
    expect(decide(oneTheme).stacks.map((stack) => stack.candidate.kind)).toEqual(["unfinished"]);
  });

  test("of two that overlap the weaker is dropped", () => {
    const strong = candidate("a", ["1", "2", "3"], { strength: 0.9 });
    const weak = candidate("b", ["2", "3", "4"], { kind: "momentum" });
    expect(decide([weak, strong]).stacks.map((stack) => stack.candidate.topicId)).toEqual(["a"]);
  });

  test("one that is there goes before a new one that is hardly better, and not before one that is much better", () => {
    const old = candidate("old", ["1"], { strength: 0.5, isClear: false });
    const better = candidate("better", ["2"], { strength: 0.6 });
    const best = candidate("best", ["3"], { strength: 1, confidence: 1 });
    expect(ids(decide([better, old], [stored(old)], { most: 1 }))).toEqual(["stack of old"]);
    const decided = decide([best, old], [stored(old)], { most: 1 });
    expect(decided.retired).toEqual([{ id: "stack of old", cause: "outranked" }]);
  });

  test("what is not clear keeps a stack and makes none", () => {
    const faint = candidate("a", ["1"], { isClear: false });
    expect(decide([faint]).stacks).toEqual([]);
    expect(ids(decide([faint], [stored(faint)]))).toEqual(["stack of a"]);
  });

  test("one that went and is back within two weeks is the same; later it is another", () => {
    const back = candidate("a", ["1"]);
    expect(ids(decide([back], [stored(back, { retiredOn: TODAY - 14 })]))).toEqual(["stack of a"]);
    expect(ids(decide([back], [stored(back, { retiredOn: TODAY - 15 })]))).toEqual(["new 0"]);
  });

  test("what nobody would open makes no stack", () => {
    const faint = candidate("a", ["1"], { strength: 0, confidence: 0, latestDay: TODAY - 60 });
    expect(decide([faint]).stacks).toEqual([]);
    expect(ids(decide([faint], [stored(faint)]))).toEqual(["stack of a"]);
  });

  test("each cause is told apart", () => {
    const gone = stored(candidate("a", ["1"]));
    const cause = (more: Partial<StacksToDecide>) => decide([], [gone], more).retired[0]!.cause;
    expect(cause({})).toBe("over");
    expect(cause({ notes: new Set() })).toBe("note_gone");
    expect(cause({ topics: new Set() })).toBe("topic_gone");
    expect(decide([], [{ ...gone, verdict: "dismissed", verdictOn: TODAY }]).retired[0]!.cause).toBe(
      "dismissed",
    );
  });
});

describe("dismissals", () => {
  const before = candidate("a", ["1", "2", "3", "4"]);
  const dismissed = stored(before, { verdict: "dismissed", verdictOn: TODAY - 1, retiredOn: TODAY });

  test("the same, or the same and a little more, is not made again", () => {
    expect(decide([before], [dismissed]).stacks).toEqual([]);
    expect(decide([candidate("a", ["1", "2", "3", "4", "5"])], [dismissed]).stacks).toEqual([]);
  });

  test("something mostly new is another stack", () => {
    expect(ids(decide([candidate("a", ["4", "5", "6"])], [dismissed]))).toEqual(["new 0"]);
  });

  test("a kind that was dismissed weighs less, time heals it, and it never falls silent", () => {
    const verdict = (daysAgo: number) => ({
      kind: "momentum" as const,
      verdict: "dismissed" as const,
      daysAgo,
    });
    const weights = [[], [verdict(0)], [verdict(30)], [verdict(300)]].map((list) =>
      kindWeightOf("momentum", list),
    );
    expect(weights).toEqual([1, 0.7, 0.85, expect.closeTo(1, 2)]);
    expect(kindWeightOf("momentum", Array(20).fill(verdict(0)))).toBe(0.2);
    expect(kindWeightOf("unfinished", [verdict(0)])).toBe(1);
  });
});

test("a priority is in [0, 1] and grows with each of its parts", () => {
  const parts = { strength: 0.5, freshness: 0.5, size: 0.5, confidence: 0.5, kindWeight: 0.8 };
  for (const name of Object.keys(parts) as (keyof typeof parts)[]) {
    expect(priorityOf({ ...parts, [name]: 1 })).toBeGreaterThan(priorityOf(parts));
  }
  expect(priorityOf({ strength: 1, freshness: 1, size: 1, confidence: 1, kindWeight: 1 })).toBe(1);
  expect(priorityOf({ strength: 0, freshness: 0, size: 0, confidence: 0, kindWeight: 1 })).toBe(0);
});

describe("a theme that was split", () => {
  const notes = ["n1", "n2", "n3", "n4"];
  const before = stored(candidate("garden", notes));
  const split = { topics: new Set(["garden", "compost"]), origins: new Map([["compost", "garden"]]) };

  test("keeps its stack where most of the stack's notes are", () => {
    const decided = decide([candidate("compost", ["n1", "n2", "n3", "n5"])], [before], split);
    expect(ids(decided)).toEqual([before.id]);
    expect(decided.retired).toEqual([]);
  });

  test("a branch with other notes is another stack, and so is a topic that split from elsewhere", () => {
    expect(ids(decide([candidate("compost", ["n6", "n7", "n8"])], [before], split))).toEqual(["new 0"]);
    const elsewhere = { ...split, origins: new Map([["compost", "bread"]]) };
    expect(ids(decide([candidate("compost", notes)], [before], elsewhere))).toEqual(["new 0"]);
  });

  test("stays dismissed under its new topic, also where the old one is gone", () => {
    const dismissed = stored(candidate("garden", notes), { verdict: "dismissed", verdictOn: TODAY - 3 });
    expect(ids(decide([candidate("compost", notes)], [dismissed], split))).toEqual([]);
    const gone = { topics: new Set(["compost"]), origins: new Map<string, string>() };
    expect(ids(decide([candidate("compost", notes)], [dismissed], gone))).toEqual([]);
  });
});
