import { expect, test } from "vitest";
import { agreement } from "../../bench/metrics.ts";

test("equal groupings agree fully, whatever the groups are called", () => {
  expect(agreement(["a", "a", "b", "c"], [5, 5, 9, 1])).toEqual({ v: 1, ami: 1, ari: 1 });
});

test("agrees with the examples in scikit-learn's documentation", () => {
  const score = agreement([0, 0, 1, 2], [0, 0, 1, 1]);
  expect(score.v).toBeCloseTo(0.8, 3);
  expect(score.ari).toBeCloseTo(0.5714, 4);
  const split = agreement([0, 0, 0, 0], [0, 1, 2, 3]);
  expect(split.v).toBeCloseTo(0, 12);
  expect(split.ami).toBeCloseTo(0, 12);
  expect(split.ari).toBeCloseTo(0, 12);
});

test("agrees with the larger example in scikit-learn's tests of adjusted mutual information", () => {
  const a = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3];
  const b = [1, 1, 1, 1, 2, 1, 2, 2, 2, 2, 3, 1, 3, 3, 3, 2, 2];
  expect(agreement(a, b).ami).toBeCloseTo(0.27821, 5);
});

test("the expected mutual information is the mean over all orders of the labels", () => {
  // Three items in groups of 2 and 1 on both sides: one order of three agrees fully, the other two share little.
  const full = Math.log(3) - (2 / 3) * Math.log(2);
  const partial = (1 / 3) * Math.log(3 / 4) + (2 / 3) * Math.log(3 / 2);
  const mean = (full + 2 * partial) / 3;
  expect(agreement([0, 0, 1], [0, 1, 0]).ami).toBeCloseTo((partial - mean) / (full - mean), 12);
});

test("one group on both sides agrees fully; no items too", () => {
  expect(agreement([1, 1, 1], [2, 2, 2])).toEqual({ v: 1, ami: 1, ari: 1 });
  expect(agreement([], [])).toEqual({ v: 1, ami: 1, ari: 1 });
});

test("refuses labellings of different items", () => {
  expect(() => agreement([1], [1, 2])).toThrow(RangeError);
});
