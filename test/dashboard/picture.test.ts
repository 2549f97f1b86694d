import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bodyOfProduction } from "../../scripts/dashboard/body-of-production.ts";
import { drawDashboard } from "../../scripts/dashboard/draw.ts";

test("docs/dashboard.svg is the dashboard that is deployed: otherwise npm run dashboard:draw -- --write", () => {
  const kept = readFileSync(new URL("../../docs/dashboard.svg", import.meta.url), "utf8");
  expect(kept === drawDashboard(bodyOfProduction(false)), "docs/dashboard.svg is stale").toBe(true);
});
