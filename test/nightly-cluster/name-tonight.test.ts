import type { DecidedClusters } from "@noctuary/core/nightly-cluster/decide-clusters";
import { nameTonight } from "@noctuary/core/nightly-cluster/name-tonight";
import { expect, test } from "vitest";
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
