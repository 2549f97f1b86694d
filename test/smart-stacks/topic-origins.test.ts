import { originsOf, type TopicChange } from "@noctuary/core/smart-stacks/topic-origins";
import { expect, test } from "vitest";

const change = (
  kind: TopicChange["kind"],
  clusterId: string,
  otherId: string | null = null,
): TopicChange => ({
  kind,
  clusterId,
  otherId,
});

test("a topic that split from another is its branch, one that was born is none", () => {
  expect(originsOf([change("split", "compost", "garden"), change("born", "bread")])).toEqual(
    new Map([["compost", "garden"]]),
  );
});

test("an origin is followed into what it merged into, and a topic is never its own", () => {
  const split = change("split", "compost", "garden");
  expect(originsOf([split, change("merged", "garden", "plot"), change("merged", "plot", "field")])).toEqual(
    new Map([["compost", "field"]]),
  );
  expect(originsOf([split, change("merged", "garden", "compost")])).toEqual(new Map());
  expect(
    originsOf([split, change("merged", "garden", "plot"), change("merged", "plot", "garden")]).size,
  ).toBe(1);
});

test("a topic that comes back has its own past again", () => {
  expect(originsOf([change("split", "compost", "garden"), change("returned", "compost")])).toEqual(new Map());
  const back = [
    change("split", "compost", "garden"),
    change("merged", "garden", "plot"),
    change("returned", "garden"),
  ];
  expect(originsOf(back)).toEqual(new Map([["compost", "garden"]]));
});
