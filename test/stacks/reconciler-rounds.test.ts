import { expect, test } from "vitest";
import { reconcilerRounds } from "../../stacks/reconciler-rounds.ts";

test("a database that suspends itself sleeps all day where no rounds are wanted off the nights", () => {
  const rounds = { from: "02:10", to: "03:00", everyMinutes: 20, otherwiseEveryHours: null };
  expect(reconcilerRounds(rounds)).toEqual([{ minute: "10,30,50", hour: "2" }]);
});

test("an hour that is in both has its minutes once", () => {
  const rounds = { from: "06:00", to: "07:00", everyMinutes: 30, otherwiseEveryHours: 6 };
  expect(reconcilerRounds(rounds)).toEqual([
    { minute: "0", hour: "0,7,12,18" },
    { minute: "0,30", hour: "6" },
  ]);
});
