import { decideDraw } from "@noctuary/core/budget/decide-draw";
import type { Budget } from "@noctuary/db/budget/budget-month";
import { describe, expect, test } from "vitest";

const budget = (limitUsd: number, usedUsd: number, scope: Budget["scope"] = "total"): Budget => ({
  scope,
  limitUsd,
  usedUsd,
  reservedUsd: 0,
});
const exact = (usd: number | null) => ({ usd, isRough: false });
const rough = (usd: number) => ({ usd, isRough: true });
const nothing = { wanted: [], freeUsd: 0, expectedUsd: 0 };

test("requests are granted in their order, until one does not fit; a smaller one after it may", () => {
  const wanted = [exact(4), exact(5), exact(3), exact(2)];
  expect(decideDraw([budget(10, 1)], "embeddings", { ...nothing, wanted })).toEqual({
    granted: ["yes", "yes", "budget_spent_total", "budget_spent_total"],
    usd: 9,
    freeUsd: 0,
    isAhead: false,
  });
  expect(
    decideDraw([budget(10, 1), budget(6, 0, "user")], "embeddings", { ...nothing, wanted }).granted,
  ).toEqual(["yes", "budget_spent_user", "budget_spent_user", "yes"]);
});

test("what is free already is used before anything is set aside", () => {
  const wanted = [exact(2), exact(3)];
  expect(decideDraw([budget(10, 8)], "embeddings", { ...nothing, wanted, freeUsd: 4 })).toEqual({
    granted: ["yes", "yes"],
    usd: 1,
    freeUsd: 0,
    isAhead: false,
  });
});

describe("where the money is ample", () => {
  test("what is expected is set aside at once, less what is granted of it and what is free", () => {
    expect(
      decideDraw([budget(10_000, 1)], "embeddings", { wanted: [exact(2)], freeUsd: 3, expectedUsd: 20 }),
    ).toEqual({ granted: ["yes"], usd: 17, freeUsd: 18, isAhead: true });
  });

  test("a rough bound will do", () => {
    expect(decideDraw([budget(1_000, 1)], "embeddings", { ...nothing, wanted: [rough(4)] }).granted).toEqual([
      "yes",
    ]);
  });
});

describe("where it is not", () => {
  test("nothing is set aside beyond what is asked for now", () => {
    expect(
      decideDraw([budget(10_000, 9_000)], "embeddings", { wanted: [exact(2)], freeUsd: 0, expectedUsd: 20 }),
    ).toEqual({ granted: ["yes"], usd: 2, freeUsd: 0, isAhead: false });
  });

  test("a rough bound will not do, however much it is", () => {
    const wanted = [rough(4), rough(2_000)];
    expect(decideDraw([budget(1_000, 700)], "embeddings", { ...nothing, wanted })).toMatchObject({
      granted: ["too rough", "too rough"],
      usd: 0,
    });
  });

  test("four fifths are the end for words, so that a hundredth of what is left of them is ample", () => {
    const wanted = [rough(4)];
    expect(decideDraw([budget(1_000, 500)], "words", { ...nothing, wanted }).granted).toEqual(["too rough"]);
    expect(decideDraw([budget(1_000, 500)], "embeddings", { ...nothing, wanted }).granted).toEqual(["yes"]);
  });
});

test("what has no price is refused under a limit, and without one everything is granted", () => {
  const wanted = [exact(null), exact(1)];
  expect(decideDraw([budget(10, 0)], "embeddings", { ...nothing, wanted }).granted).toEqual([
    "budget_price_unknown",
    "yes",
  ]);
  expect(decideDraw([], "embeddings", { ...nothing, wanted }).granted).toEqual(["yes", "yes"]);
});
