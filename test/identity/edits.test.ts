import { beforeEach, describe, expect, test } from "vitest";
import { areasOf, type Groups, membersOf, movesOf, simulateNights, storyOf } from "./simulated-nights.ts";

let account: ReturnType<typeof simulateNights>;
const BREAD = "10 11 12 13";
const MOTHS = "20 21 22 23 24";
const KNEE = "30 31 32";
const ALL: Groups = { bread: BREAD, moths: MOTHS, knee: KNEE };
/** After the first night: c1 is bread, c2 moths, c3 the knee. */
beforeEach(() => {
  account = simulateNights();
  expect(membersOf(account.night(ALL))).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE });
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

describe("a cluster that the user named", () => {
  const TRAINS = "50 51 52 53 54 55 56 57 58 59 60 61";
  const scattered = {
    bread: `${BREAD} 50 51 52 53`,
    moths: `${MOTHS} 54 55 56 57`,
    knee: `${KNEE} 58 59 60 61`,
  };
  const named = () => {
    account.night({ ...ALL, trains: TRAINS });
    return account.edit("rename", "c5", { name: "By rail" });
  };

  test("stays together under its name when grouping scatters its notes, night after night", () => {
    named();
    for (let night = 0; night < 3; night++) {
      const kept = account.night(scattered);
      expect(membersOf(kept)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE, c5: TRAINS });
      expect(kept.names.get("c5")).toBe("By rail");
      expect([...movesOf(kept), ...storyOf(kept)]).toEqual([]);
    }
  });

  test("is scattered once the name is taken back", () => {
    const edit = named();
    account.night(scattered);
    account.undo(edit);
    expect(storyOf(account.night(scattered))).toContain("c5 retired");
  });

  test("keeps its notes also where its id would go on with a few of them", () => {
    named();
    const night = account.night({
      bread: `${BREAD} 50 51 52 53`,
      moths: `${MOTHS} 54 55 56 57`,
      knee: `${KNEE} 58 59`,
      others: "60 61 140 141",
    });
    expect(membersOf(night)).toEqual({ c1: BREAD, c2: MOTHS, c3: KNEE, c5: `140 141 ${TRAINS}` });
  });

  test("lets a rewritten note go where it belongs, and is scattered when it is forgotten later", () => {
    named();
    expect(membersOf(account.night(scattered, { fresh: "50" }))).toMatchObject({
      c1: `${BREAD} 50`,
      c5: TRAINS.slice(3),
    });
    account.edit("forget", "c5");
    expect(Object.keys(membersOf(account.night(scattered)))).toEqual(["c1", "c2", "c3"]);
  });
});

test("of two names the newer holds; areas can be renamed as well", () => {
  const area = account.night(ALL).areas[0]!.id;
  account.edit("rename", "c1", { name: "Loaves" });
  account.edit("rename", "c1", { name: "Toast" });
  account.edit("rename", area, { name: "Home" });
  const night = account.night(ALL);
  expect(Object.fromEntries(night.names)).toEqual({ c1: "Toast", [area]: "Home" });
  expect(storyOf(night)).toEqual(["c1 edit overruled e1"]);
});

describe("an area that the user named", () => {
  const MAPS = "60 61 62 63";
  const TRAINS = "70 71 72";
  const SHIPS = "80 81 82 83";
  const SIX: Groups = { ...ALL, maps: MAPS, trains: TRAINS, ships: SHIPS };
  const scattered = { areas: ["bread maps", "moths trains", "knee ships"] };
  let [home, away] = ["", ""];
  beforeEach(() => {
    const night = account.night(SIX, { areas: ["bread moths knee", "maps trains ships"] });
    [home, away] = night.areas.map(({ id }) => id) as [string, string];
    expect(areasOf(night)).toEqual({ [home]: "c1 c2 c3", [away]: "c5 c6 c7" });
  });

  test("keeps its topics when grouping scatters them over other areas, night after night", () => {
    account.edit("rename", away, { name: "By rail" });
    for (let night = 0; night < 3; night++) {
      const kept = account.night(SIX, scattered);
      expect(areasOf(kept)).toMatchObject({ [away]: "c5 c6 c7" });
      expect(kept.names.get(away)).toBe("By rail");
      expect(kept.events.filter(({ clusterId }) => clusterId === away)).toEqual([]);
    }
  });

  test("also when they would all go into one other area", () => {
    account.edit("rename", away, { name: "By rail" });
    const kept = account.night(SIX, { areas: ["bread moths knee maps trains ships"] });
    expect(areasOf(kept)).toEqual({ [home]: "c1 c2 c3", [away]: "c5 c6 c7" });
  });

  test("takes in what grouping adds to it, and lets go of less than half", () => {
    account.edit("rename", home, { name: "Home" });
    const kept = account.night(SIX, { areas: ["bread moths maps", "knee trains ships"] });
    expect(areasOf(kept)).toEqual({ [home]: "c1 c2 c5", [away]: "c3 c6 c7" });
  });

  test("is scattered once the name is taken back", () => {
    const edit = account.edit("rename", away, { name: "By rail" });
    account.night(SIX, scattered);
    account.undo(edit);
    expect(areasOf(account.night(SIX, { areas: ["bread moths knee maps trains ships"] }))).toEqual({
      [away]: "c1 c2 c3 c5 c6 c7",
    });
  });

  test("ends when its notes are in topics of other areas, and an event says so", () => {
    const edit = account.edit("rename", away, { name: "By rail" });
    const gone = account.night({
      bread: `${BREAD} 60 61`,
      moths: `${MOTHS} 62 63`,
      knee: `${KNEE} 70 71 80`,
    });
    expect(areasOf(gone)).toEqual({ [home]: "c1 c2 c3" });
    expect(storyOf(gone)).toContain(`${away} edit cluster-gone ${edit}`);
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
