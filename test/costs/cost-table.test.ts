import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { costsAtRest } from "../../scripts/cost/at-rest.ts";
import { costPage } from "../../scripts/cost/page.ts";
import { costsOfNotes } from "../../scripts/cost/per-notes.ts";

test("docs/costs.md is what the script makes today: `npm run costs -- --write` brings it up to date", () => {
  expect(readFileSync(new URL("../../docs/costs.md", import.meta.url), "utf8")).toBe(costPage());
});

test("a second zone doubles the instance and its storage, a second gateway the first", () => {
  const costs = (database: object) =>
    Object.fromEntries(
      costsAtRest({ database: { kind: "rds", ...database } }).map(({ what, usd }) => [what, usd]),
    );
  const one = costs({});
  const two = costs({ multiAz: true, natGateways: 2 });
  expect(two["RDS db.t4g.small, two zones"]).toBeCloseTo(2 * one["RDS db.t4g.small, one zone"]!);
  expect(two["Its storage"]).toBeCloseTo(2 * one["Its storage"]!);
  expect(two["NAT gateway"]).toBeCloseTo(2 * one["NAT gateway"]!);
});

test("a class without a price is said, not left out", () => {
  expect(() => costsAtRest({ database: { kind: "rds", instanceClass: "r8g.large" } })).toThrow(
    /no price of db.r8g.large/,
  );
});

test("rounds that are further apart cost less, and no line is negative or unknown", () => {
  const round = (otherwiseEveryHours: number | null) =>
    costsAtRest({ reconciler: { otherwiseEveryHours } }).find(
      ({ what }) => what === "Rounds of the reconciler",
    )!.usd;
  expect(round(null)).toBeLessThan(round(12));
  expect(round(12)).toBeLessThan(round(1));
  for (const { what, usd } of [...costsAtRest({}), ...costsOfNotes()]) {
    expect(Number.isFinite(usd) && usd >= 0, what).toBe(true);
  }
});
