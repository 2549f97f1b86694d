import { decideReservation, leftOf } from "@noctuary/core/budget/decide-reservation";
import type { Budget } from "@noctuary/db/budget/budget-month";
import { describe, expect, test } from "vitest";

const budget = (scope: Budget["scope"], limitUsd: number, usedUsd: number): Budget => ({
  scope,
  limitUsd,
  usedUsd,
  reservedUsd: 0,
});

test("without a limit whatever it costs is paid, known or not", () => {
  expect(decideReservation([], "embeddings", 1_000)).toBeNull();
  expect(decideReservation([], "words", null)).toBeNull();
  expect(leftOf([], "words")).toBe(Number.POSITIVE_INFINITY);
});

test("the last cent may be used, and no more", () => {
  // 0.1 + 0.2 is more than 0.3 for a computer that counts in halves.
  expect(decideReservation([budget("total", 0.3, 0.1)], "embeddings", 0.2)).toBeNull();
  expect(decideReservation([budget("total", 0.3, 0.1)], "embeddings", 0.200000000001)).toBe(
    "budget_spent_total",
  );
});

test("each of the budgets that hold must have room", () => {
  const both = [budget("total", 10, 1), budget("user", 1, 0.99)];
  expect(decideReservation(both, "embeddings", 0.02)).toBe("budget_spent_user");
  expect(decideReservation(both, "embeddings", 0.01)).toBeNull();
  expect(leftOf(both, "embeddings")).toBeCloseTo(0.01, 12);
});

describe("in the documented order", () => {
  const used = [budget("total", 10, 8)];

  test("words go first: a language model may use four fifths", () => {
    expect(decideReservation(used, "words", 0.000001)).toBe("budget_spent_total");
    expect(leftOf(used, "words")).toBe(0);
    expect(decideReservation([budget("total", 10, 7)], "words", 1)).toBeNull();
  });

  test("new embeddings go on until all of it is used", () => {
    expect(decideReservation(used, "embeddings", 2)).toBeNull();
    expect(decideReservation(used, "embeddings", 2.01)).toBe("budget_spent_total");
    expect(leftOf(used, "embeddings")).toBe(2);
  });
});

test("under a limit nothing is asked of a model whose price is not known", () => {
  expect(decideReservation([budget("user", 1_000, 0)], "embeddings", null)).toBe("budget_price_unknown");
});
