import { beforeEach, describe, expect, test } from "vitest";
import {
  ALL,
  afterFirstNight,
  BREAD,
  KNEE,
  MOTHS,
  membersOf,
  movesOf,
  simulateNights,
  storyOf,
} from "./simulated-nights.ts";

let account: ReturnType<typeof afterFirstNight>;
beforeEach(() => {
  account = afterFirstNight();
});

describe("merge: this into that", () => {
  test("they are one, the other's id goes on, and they stay one though grouping has them apart", () => {
    const edit = account.edit("merge", "c1", { otherId: "c2" });
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c2: `${BREAD} ${MOTHS}`, c3: KNEE });
    expect(storyOf(night)).toEqual([`c1 merged c2 edit ${edit}`]);
    expect(movesOf(night)).toEqual(BREAD.split(" ").map((note) => `${note} c1 c2 edit ${edit}`));
    for (let later = 0; later < 3; later++) {
      const kept = account.night(ALL);
      expect(membersOf(kept)).toEqual({ c2: `${BREAD} ${MOTHS}`, c3: KNEE });
      expect(kept.events).toEqual([]);
    }
  });

  test("also when the part that comes apart is the larger one, or has new notes", () => {
    account.edit("merge", "c2", { otherId: "c1" });
    account.night(ALL);
    const night = account.night({ ...ALL, moths: `${MOTHS} 25 26` }, { fresh: "25 26" });
    expect(membersOf(night)).toEqual({ c1: `${BREAD} ${MOTHS} 25 26`, c3: KNEE });
  });

  test("undone, both are there again under their ids", () => {
    const edit = account.edit("merge", "c1", { otherId: "c2" });
    account.night(ALL);
    account.undo(edit);
    expect(Object.values(account.beginFrom(`${BREAD} ${MOTHS}`))).toContainEqual([10, 11, 12, 13]);
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
    expect(storyOf(night)).toEqual(["c1 returned edit"]);
    expect(new Set(movesOf(night))).toEqual(new Set(BREAD.split(" ").map((note) => `${note} c2 c1 edit`)));
    expect(account.night(ALL).events).toEqual([]);
  });

  test("undone, merged again before the next night and undone again, both are there", () => {
    const first = account.edit("merge", "c1", { otherId: "c2" });
    account.night(ALL);
    account.undo(first);
    const second = account.edit("merge", "c1", { otherId: "c2" });
    expect(membersOf(account.night(ALL))).toEqual({ c2: `${BREAD} ${MOTHS}`, c3: KNEE });
    account.undo(second);
    // Grouping begins from the two again; where it began from one, it would find one for ever.
    expect(Object.values(account.beginFrom(`${BREAD} ${MOTHS}`))).toContainEqual([10, 11, 12, 13]);
    expect(storyOf(account.night(ALL))).toEqual(["c1 returned edit"]);
  });

  test("there and back again: the newer merge holds", () => {
    account.edit("merge", "c1", { otherId: "c2" });
    account.edit("merge", "c2", { otherId: "c1" });
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: `${BREAD} ${MOTHS}`, c3: KNEE });
    expect(storyOf(night)).toContain("c1 edit c2 overruled e1");
  });

  test("of a chain all ends in the last one, whatever the order", () => {
    account.edit("merge", "c2", { otherId: "c3" });
    account.edit("merge", "c1", { otherId: "c2" });
    expect(membersOf(account.night(ALL))).toEqual({ c3: `${BREAD} ${MOTHS} ${KNEE}` });
    expect(membersOf(account.night(ALL))).toEqual({ c3: `${BREAD} ${MOTHS} ${KNEE}` });
  });
});

describe("split: these notes become a cluster of their own", () => {
  test("with the id of the edit, and they do not melt into the rest again", () => {
    account.edit("split", "c2", { notes: "23 24", id: "mine" });
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: "20 21 22", c3: KNEE, mine: "23 24" });
    expect(storyOf(night)).toEqual(["mine split c2 edit mine"]);
    for (let later = 0; later < 2; later++) {
      expect(membersOf(account.night(ALL))).toEqual({ c1: BREAD, c2: "20 21 22", c3: KNEE, mine: "23 24" });
    }
  });

  test("not even when they are the greater part", () => {
    account.edit("split", "c2", { notes: "21 22 23 24", id: "mine" });
    account.night(ALL);
    const later = account.night(ALL);
    expect(membersOf(later)).toEqual({ c1: BREAD, c2: "20", c3: KNEE, mine: "21 22 23 24" });
    expect(later.events).toEqual([]);
  });

  test("new notes may join them", () => {
    account.edit("split", "c2", { notes: "23 24", id: "mine" });
    account.night(ALL);
    const night = account.night(
      { bread: BREAD, moths: "20 21 22", knee: KNEE, own: "23 24 25" },
      { fresh: "25" },
    );
    expect(membersOf(night).mine).toBe("23 24 25");
  });

  test("undone, they go back", () => {
    account.edit("split", "c2", { notes: "23 24", id: "mine" });
    account.night(ALL);
    account.undo("mine");
    expect(membersOf(account.night(ALL))).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
  });
});

describe("forget: this is no cluster", () => {
  test("its notes go to the next nearest, loosely, and it does not come back", () => {
    const edit = account.edit("forget", "c3");
    const rivals = { "30": "bread", "31": "bread", "32": "moths" };
    for (let later = 0; later < 3; later++) {
      const night = account.night(ALL, { rivals });
      expect(membersOf(night)).toEqual({ c1: `${BREAD} 30 31`, c2: `${MOTHS} 32` });
      expect(night.memberships.find(({ noteId }) => noteId === "30")).toMatchObject({
        loose: true,
        confidence: 0,
      });
      expect(storyOf(night)).toEqual(later === 0 ? [`c3 retired edit ${edit}`] : []);
      expect(movesOf(night)).toHaveLength(later === 0 ? 3 : 0);
    }
  });

  test("a cluster of others that takes its place is its own", () => {
    account.edit("forget", "c3");
    account.night(ALL);
    const night = account.night(
      { bread: BREAD, moths: MOTHS, knee: "30 31 32 33 34 35 36 37 38 39" },
      { fresh: "33 34 35 36 37 38 39" },
    );
    expect(Object.values(membersOf(night))).toContain("30 31 32 33 34 35 36 37 38 39");
  });

  test("undone, it is there again under its id", () => {
    const edit = account.edit("forget", "c3");
    account.night(ALL);
    account.undo(edit);
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
    expect(storyOf(night)).toEqual(["c3 returned edit"]);
  });

  test("the only cluster cannot be forgotten, and that is said", () => {
    account = simulateNights();
    account.night({ bread: BREAD });
    account.edit("forget", "c1");
    const night = account.night({ bread: BREAD });
    expect(membersOf(night)).toEqual({ c1: BREAD });
    expect(storyOf(night)).toEqual(["c1 edit nowhere-else e1"]);
  });

  test("whatever is said of it later overrules it", () => {
    account.edit("forget", "c3");
    account.edit("pin", "c3");
    const night = account.night(ALL);
    expect(membersOf(night).c3).toBe(KNEE);
    expect(storyOf(night)).toEqual(["c3 edit overruled e1"]);
  });
});
