import type { DecidedClusters } from "@noctuary/core/nightly-cluster/decided-clusters";
import { namesToKeep, nameTonight } from "@noctuary/core/nightly-cluster/name-tonight";
import type { Cluster } from "@noctuary/db/clusters/cluster";
import { describe, expect, test } from "vitest";
import { themedNotes } from "../support/notes.ts";

/** Four topics of equal size under two areas, by the ids that they and the areas are given. */
function decide(topicIds: string[], areaIds: string[]): Pick<DecidedClusters, "topics" | "areas"> {
  const topics = topicIds.map((id, t) => ({
    id,
    areaId: areaIds[t % 2]!,
    rows: [t, t + 4, t + 8],
    cohesion: 0.5,
  }));
  return {
    topics,
    areas: areaIds.map((id, a) => ({ id, topicIds: [topicIds[a]!, topicIds[a + 2]!], size: 6 })),
  };
}

test("the same notes get the same names, whatever ids chance gives their clusters", () => {
  const notes = themedNotes(12, { themes: 4 });
  const namesWith = (topicIds: string[], areaIds: string[]) => {
    const decided = decide(topicIds, areaIds);
    const texts = new Map(decided.topics.map(({ id, rows }) => [id, rows.map((row) => notes[row]!)]));
    const names = nameTonight(decided, texts, new Map());
    return [...topicIds, ...areaIds].map((id) => names.get(id));
  };
  const names = namesWith(["a", "b", "c", "d"], ["e", "f"]);
  expect(namesWith(["d", "c", "b", "a"], ["f", "e"])).toEqual(names);
  expect(namesWith(["q", "c", "z", "m"], ["b", "a"])).toEqual(names);
});

describe("a name is kept", () => {
  const decided = {
    ...decide(["a", "b", "c", "d"], ["e", "f"]),
    events: [] as DecidedClusters["events"],
  };
  const clusterOf = (id: string, own: Partial<Cluster> = {}): [string, Cluster] => {
    const isArea = decided.areas.some((area) => area.id === id);
    return [
      id,
      {
        id,
        level: isArea ? "area" : "topic",
        parentId: null,
        name: `Name of ${id}`,
        namedBy: "noctuary",
        namedSize: isArea ? 6 : 3,
        askedSize: null,
        keyphrases: [],
        size: 3,
        cohesion: null,
        bornAt: new Date(0),
        retiredAt: null,
        mergedInto: null,
        ...own,
      },
    ];
  };
  const all = ["a", "b", "c", "d", "e", "f"];
  const before = (own: Record<string, Partial<Cluster>> = {}) =>
    new Map(all.map((id) => clusterOf(id, own[id])));
  const kept = (own: Record<string, Partial<Cluster>> = {}, tonight = decided, lost: string[] = []) =>
    [...namesToKeep(tonight, before(own), new Set(lost)).keys()].sort();

  test("while the cluster is materially the same", () => {
    expect(kept()).toEqual(all);
    expect(kept({ a: { namedSize: 6 } }, decided, ["d"])).toEqual(["b", "c", "e", "f"]);
    const event = { kind: "split", clusterId: "b", otherId: "c" } as DecidedClusters["events"][number];
    expect(kept({}, { ...decided, events: [event] })).toEqual(["a", "d", "e", "f"]);
  });

  test("whatever happens where the user gave it", () => {
    const named = { namedBy: "user", namedSize: 99, name: "Name of b" } as const;
    expect(kept({ a: named, e: named }, decided, ["a", "e"])).toEqual(all);
  });

  test("by an area only as long as no topic is called like it, unless that is its only one", () => {
    expect(kept({ e: { name: "name of B" } })).toEqual(["a", "b", "c", "d", "f"]);
    expect(kept({ e: { name: "Name of a" } })).toEqual(["a", "b", "c", "d", "f"]);
    const one = { ...decided, areas: [{ id: "e", topicIds: ["a"], size: 6 }, decided.areas[1]!] };
    expect(kept({ e: { name: "Name of a" } }, one)).toEqual(all);
    expect(kept({ e: { name: "Name of b" } }, one)).toEqual(["a", "b", "c", "d", "f"]);
  });
});
