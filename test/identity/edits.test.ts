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

test("without edits nothing is touched, and a quiet night has no events", () => {
  const night = account.night(ALL);
  expect(night.events).toEqual([]);
  expect(night.counts).toMatchObject({ moved: 0, settled: 12 });
});

describe("move: these notes belong here", () => {
  test("whatever grouping says, for good, and the note says who put it there", () => {
    account.edit("move", "c1", { notes: "20" });
    for (let night = 0; night < 3; night++) {
      const kept = account.night(ALL);
      expect(membersOf(kept)).toEqual({ c1: `${BREAD} 20`, c2: "21 22 23 24", c3: KNEE });
      expect(movesOf(kept)).toEqual(night === 0 ? ["20 c2 c1 edit e1"] : []);
      const place = kept.memberships.find(({ noteId }) => noteId === "20");
      expect(place).toMatchObject({ confidence: 1, loose: false, placedBy: "user", rivalId: "c2" });
      expect(storyOf(kept)).toEqual([]);
    }
  });

  test("undone, the note goes where it belongs, though it had begun from there", () => {
    const edit = account.edit("move", "c1", { notes: "20" });
    account.night(ALL);
    account.undo(edit);
    expect(account.beginFrom("10 20 21"), "Leiden begins with the note on its own").toMatchObject({
      "-1": [20],
    });
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
    expect(movesOf(night)).toEqual(["20 c1 c2 edit"]);
  });

  test("undone, it also leaves a cluster that is pinned", () => {
    const edit = account.edit("move", "c1", { notes: "20" });
    account.edit("pin", "c1");
    account.night(ALL);
    account.undo(edit);
    expect(membersOf(account.night(ALL))).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
  });

  test("of two places for one note the newer holds, and it is said once", () => {
    account.edit("move", "c1", { notes: "20 21" });
    account.edit("move", "c3", { notes: "20" });
    const night = account.night(ALL);
    expect(membersOf(night)).toEqual({ c1: `${BREAD} 21`, c2: "22 23 24", c3: `20 ${KNEE}` });
    expect(night.events.filter(({ kind }) => kind === "edit")).toMatchObject([
      { clusterId: "c1", cause: "overruled", editId: "e1", notesBefore: 2, notesAfter: 1 },
    ]);
    expect(storyOf(account.night(ALL))).toEqual([]);
  });

  test("a deleted note is said once, and the others are kept", () => {
    account.edit("move", "c1", { notes: "20 99" });
    account.missing("99", "note-gone");
    const night = account.night(ALL);
    expect(night.events.filter(({ kind }) => kind === "edit")).toMatchObject([
      { cause: "note-gone", editId: "e1", notesBefore: 2, notesAfter: 1 },
    ]);
    expect(membersOf(night).c1).toBe(`${BREAD} 20`);
    expect(storyOf(account.night(ALL))).toEqual([]);
  });
});

describe("not-here: these notes are never in this cluster", () => {
  test("they go to their rival, and stay there the nights after", () => {
    account.edit("not-here", "c1", { notes: "10" });
    const night = account.night(ALL, { rivals: { "10": "knee" } });
    expect(membersOf(night)).toEqual({ c1: "11 12 13", c2: MOTHS, c3: `10 ${KNEE}` });
    expect(movesOf(night)).toEqual(["10 c1 c3 edit e1"]);
    const later = account.night(ALL, { rivals: { "10": "moths" } });
    expect(membersOf(later).c3, "a rival that is another one tonight moves nothing").toBe(`10 ${KNEE}`);
    expect(movesOf(later)).toEqual([]);
  });

  test("where there is no other cluster they are one of their own, with one id", () => {
    account = simulateNights();
    account.night({ bread: BREAD });
    account.edit("not-here", "c1", { notes: "10" });
    const [own] = Object.entries(membersOf(account.night({ bread: BREAD }))).find(
      ([, notes]) => notes === "10",
    )!;
    expect(membersOf(account.night({ bread: BREAD }))).toEqual({ c1: "11 12 13", [own]: "10" });
  });

  test("a newer move into that very cluster overrules it", () => {
    account.edit("not-here", "c1", { notes: "10" });
    account.edit("move", "c1", { notes: "10" });
    const night = account.night(ALL);
    expect(membersOf(night).c1).toBe(BREAD);
    expect(storyOf(night)).toEqual(["c1 edit overruled e1"]);
  });
});

describe("pin: keep it as it is", () => {
  test("nothing leaves it, nothing old comes to it, new and rewritten notes may", () => {
    account.edit("pin", "c1");
    const night = account.night(
      { bread: "11 12 13 14 20 25", moths: "10 21 22 23 24", knee: KNEE },
      { fresh: "14 25" },
    );
    expect(membersOf(night)).toEqual({ c1: "10 11 12 13 14 25", c2: "20 21 22 23 24", c3: KNEE });
    expect(movesOf(night)).toEqual([]);
  });

  test("it outlives a night that would have merged it, or scattered it", () => {
    account.edit("pin", "c1");
    const merged = account.night({ moths: `${BREAD} ${MOTHS}`, knee: KNEE });
    expect(membersOf(merged)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
    const scattered = account.night({ moths: `10 11 ${MOTHS}`, knee: `12 13 ${KNEE}` });
    expect(membersOf(scattered)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
    expect([...storyOf(merged), ...storyOf(scattered)]).toEqual([]);
  });

  test("a cluster that would have gone into the pinned one goes on beside it", () => {
    account.edit("pin", "c2");
    const night = account.night({ moths: `${BREAD} ${MOTHS}`, knee: KNEE });
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
  });

  test("a pinned cluster whose notes are all gone is said to be gone", () => {
    account.edit("pin", "c3");
    expect(storyOf(account.night({ bread: BREAD, moths: MOTHS }))).toContain("c3 edit cluster-gone e1");
  });
});

describe("an edit of a cluster that went elsewhere", () => {
  test("follows it into the one it was merged with, and says so once", () => {
    account.edit("rename", "c1", { name: " Loaves " });
    account.edit("not-here", "c1", { notes: "24" });
    const merged = { moths: `${BREAD} ${MOTHS}`, knee: KNEE };
    const night = account.night(merged);
    expect(storyOf(night)).toEqual(["c1 merged c2", "c1 edit c2 followed e1", "c1 edit c2 followed e2"]);
    expect([...night.names]).toEqual([["c2", "Loaves"]]);
    expect(membersOf(night)).toEqual({ c2: "10 11 12 13 20 21 22 23", c3: `24 ${KNEE}` });
    expect(account.night(merged).events).toEqual([]);
  });

  test("waits for it when it was retired, and holds again when it is back", () => {
    account.edit("rename", "c3", { name: "Running" });
    account.night(ALL);
    const night = account.night({ bread: BREAD, moths: MOTHS });
    expect(storyOf(night)).toContain("c3 edit cluster-gone e1");
    expect([...night.names]).toEqual([]);
    const back = account.night(ALL);
    expect(storyOf(back)).toEqual(expect.arrayContaining(["c3 returned", "c3 edit kept e1"]));
    expect([...back.names]).toEqual([["c3", "Running"]]);
  });
});

test("three notes, one cluster: every edit of it leaves every note in exactly one place", () => {
  for (const kind of ["pin", "forget", "move", "not-here", "split"] as const) {
    account = simulateNights();
    account.night({ all: "10 11 12" });
    account.edit(kind, "c1", { notes: kind === "pin" || kind === "forget" ? "" : "10 11 12" });
    for (let night = 0; night < 2; night++) {
      const { memberships, topics } = account.night({ all: "10 11 12" });
      expect(memberships.map(({ noteId }) => noteId)).toEqual(["10", "11", "12"]);
      expect(topics.flatMap(({ rows }) => rows).sort()).toEqual([0, 1, 2]);
    }
  }
});

test("all notes gone, and back within a season: the clusters are the ones they were", () => {
  expect(storyOf(account.night({}))).toEqual(
    expect.arrayContaining(["c1 retired", "c2 retired", "c3 retired"]),
  );
  expect(membersOf(account.night(ALL, { fresh: `${BREAD} ${MOTHS} ${KNEE}` }))).toEqual({
    c1: BREAD,
    c2: MOTHS,
    c3: KNEE,
  });
});
