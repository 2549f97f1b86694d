import { beforeEach, describe, expect, test } from "vitest";
import {
  ALL,
  afterFirstNight,
  areasOf,
  BREAD,
  type Groups,
  KNEE,
  MOTHS,
  membersOf,
  movesOf,
  storyOf,
} from "./simulated-nights.ts";

let account: ReturnType<typeof afterFirstNight>;
beforeEach(() => {
  account = afterFirstNight();
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
