import type { DayNumber } from "@noctuary/core/local-date";
import type { Account } from "@noctuary/core/smart-stacks/account";
import { decideStacks, type LastStack } from "@noctuary/core/smart-stacks/decide-stacks";
import type { Echoes } from "@noctuary/core/smart-stacks/detect-resurface";
import type { OpenNote } from "@noctuary/core/smart-stacks/detect-unfinished";
import { type StackKind, stackKinds } from "@noctuary/core/smart-stacks/facts";
import { runDetectors } from "@noctuary/core/smart-stacks/run-detectors";
import { comparedText } from "@noctuary/core/smart-stacks/text-likeness";
import { describe, expect, test } from "vitest";
import { accountOf, every, TODAY } from "./account.ts";

/** Beside the notes, as the nights would find them: all that is there on a night and not before. */
interface Rest {
  open?: (day: DayNumber) => OpenNote[];
  found?: Echoes["found"];
  twins?: [string, string][];
}

interface Shown {
  id: string;
  kind: StackKind;
  topicId: string | null;
}

const NIGHTS = 30;
const TEXT =
  "the levain doubles in five hours at twenty six degrees and then it is ready for the dough to be mixed";
const USUAL = Array.from({ length: 20 }, (_, i) => 0.3 + 0.005 * i);

/** Lives an account through thirty nights: what each night shows, in stacks by kind. */
function live(whole: Account, { open = () => [], found = [], twins = [] }: Rest = {}, most = 6) {
  let last: LastStack[] = [];
  let made = 0;
  const nights: Shown[][] = [];
  for (let today = TODAY - NIGHTS + 1; today <= TODAY; today++) {
    const notes = whole.notes.filter(({ writtenOn }) => writtenOn <= today);
    const isThere = new Set(notes.map(({ id }) => id));
    const writtenOn = new Map(notes.map((note) => [note.id, note.writtenOn]));
    const pairs = twins.filter((pair) => pair.every((id) => isThere.has(id)));
    const { candidates, failures } = runDetectors({
      account: { ...whole, today, notes },
      open: open(today).filter(({ noteId }) => isThere.has(noteId)),
      echoes: {
        // As it is gathered: only notes of this week ask for old ones.
        found: found.filter(({ newId }) => isThere.has(newId) && today - writtenOn.get(newId)! <= 7),
        usual: USUAL,
        linked: new Set(),
      },
      closePairs: pairs,
      texts: new Map(pairs.flat().map((id) => [id, comparedText({ title: id, body: TEXT })])),
    });
    expect(failures).toEqual([]);
    const decided = decideStacks({
      candidates,
      last,
      today,
      most,
      failedKinds: new Set(),
      topics: new Set(whole.topics.map(({ id }) => id)),
      origins: new Map(),
      notes: isThere,
      newId: () => `stack ${made++}`,
    });
    const living = new Map(decided.stacks.map((stack) => [stack.id, stack.candidate]));
    last = [
      ...last
        .filter(({ id }) => !living.has(id))
        .map((stack) => ({ ...stack, retiredOn: stack.retiredOn ?? today })),
      ...[...living].map(
        ([id, { kind, topicId, facts }]): LastStack => ({
          id,
          kind,
          topicId,
          facts,
          retiredOn: null,
          verdict: null,
          verdictOn: null,
        }),
      ),
    ];
    nights.push([...living].map(([id, { kind, topicId }]) => ({ id, kind, topicId })));
  }
  return { nights, made };
}

/** How often a stack of this kind came or went, how many there were, and in how many nights. */
function lifeOf(kind: StackKind, nights: Shown[][]) {
  const shown = nights.map((stacks) => stacks.filter((stack) => stack.kind === kind));
  const presence = shown.map((stacks) => stacks.length > 0);
  return {
    stacks: new Set(shown.flat().map(({ id }) => id)).size,
    changes: presence.filter((is, i) => i > 0 && is !== presence[i - 1]).length,
    nights: presence.filter(Boolean).length,
  };
}

const steady = every(9, 1, 240);
const other = every(6, 2, 240);
const todo = (noteId: string, todos: number): OpenNote => ({
  noteId,
  todos,
  questions: 0,
  isStub: false,
  first: ["mend it"],
});

/** For each kind, a signal that comes, holds for a while and is over, among two themes that go on as always. */
const signals: Record<StackKind, () => ReturnType<typeof live>> = {
  momentum: () =>
    live(accountOf({ burst: [9, 11, 12, 14, 15, 17, 18, 20, ...every(23, 30, 240)], steady, other })),
  recurring: () => live(accountOf({ back: [3, 11, 18, 25, 32, 40, 46, 210, 220], steady, other })),
  "new-theme": () => live(accountOf({ born: [12, 13, 14, 15, 16, 18, 19, 21], steady, other })),
  unfinished: () =>
    live(accountOf({ works: [24, 26, 28, 32, ...every(20, 50, 240)], steady, other }), {
      // To-dos that are written one after the other, and ticked off eight days ago but for one.
      open: (day) =>
        day >= TODAY - 8
          ? [todo("works-000", 1)]
          : ["works-000", "works-001", "works-002", "works-003"].map((id) => todo(id, 2)),
    }),
  resurface: () =>
    live(accountOf({ echo: [12, 14, 200], steady, other }), {
      found: [
        { newId: "echo-000", oldId: "echo-002", similarity: 0.8 },
        { newId: "echo-001", oldId: "echo-002", similarity: 0.72 },
      ],
    }),
  "near-duplicates": () =>
    live(accountOf({ twice: [16, 60], steady, other }), { twins: [["twice-000", "twice-001"]] }),
};

describe("thirty nights", () => {
  test.each(stackKinds)("a stack of %s comes once, stays while its subject holds, and goes once", (kind) => {
    const { nights } = signals[kind]();
    const life = lifeOf(kind, nights);
    expect(life.stacks).toBe(1);
    expect(life.changes, "it comes and goes once").toBeLessThanOrEqual(2);
    expect(life.nights).toBeGreaterThanOrEqual(5);
  });

  test("all six at once keep their ids, and what is shown does not change from night to night", () => {
    const { nights } = live(
      accountOf({
        burst: [9, 11, 12, 14, 15, 17, 18, 20, ...every(23, 30, 240)],
        back: [3, 11, 18, 25, 32, 40, 46, 210, 220],
        born: [12, 13, 14, 15, 16, 18, 19, 21],
        works: [24, 26, 28, 32, ...every(20, 50, 240)],
        echo: [12, 14, 200],
        twice: [16, 60],
        steady,
        other,
      }),
      {
        open: () => ["works-000", "works-001", "works-002", "works-003"].map((id) => todo(id, 2)),
        found: [{ newId: "echo-000", oldId: "echo-002", similarity: 0.8 }],
        twins: [["twice-000", "twice-001"]],
      },
    );
    expect(new Set(nights.flat().map(({ kind }) => kind))).toEqual(new Set(stackKinds));
    const subjects = new Map(nights.flat().map(({ id, kind, topicId }) => [id, `${kind} of ${topicId}`]));
    expect(new Set(subjects.values()).size, "no subject has two stacks").toBe(subjects.size);
    for (const kind of stackKinds) expect(lifeOf(kind, nights).changes, kind).toBeLessThanOrEqual(2);
  });

  test("themes that hover around a threshold do not flicker", () => {
    const { nights, made } = live(
      accountOf({
        hover: [1, 4, 9, 12, 16, 21, 24, 28, 33, ...every(25, 45, 220)],
        works: [1, 5, 9, 13, 17, 21, 25, 29, 33, ...every(25, 45, 220)],
        steady: every(5, 1, 220),
      }),
      // One to-do more or less from day to day.
      { open: (day) => [todo("works-008", day % 2 === 0 ? 2 : 1), todo("works-007", 1)] },
      3,
    );
    for (const kind of stackKinds) expect(lifeOf(kind, nights).changes, kind).toBeLessThanOrEqual(3);
    expect(made).toBeLessThanOrEqual(3);
  });

  test("one place for two that are about as good is held by the one that came first", () => {
    const { nights, made } = live(
      accountOf({
        first: [12, 14, 16, 18, 20, ...every(30, 45, 240)],
        second: [11, 13, 15, 17, 19, ...every(30, 47, 240)],
        steady,
        other,
      }),
      {},
      1,
    );
    const changes = nights.filter((stacks, i) => i > 0 && stacks[0]?.id !== nights[i - 1]![0]?.id).length;
    expect(changes).toBeLessThanOrEqual(4);
    expect(made).toBeLessThanOrEqual(2);
  });
});
