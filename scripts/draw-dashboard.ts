/**
 * Draws the layout of the dashboard from its body, as an SVG: what stands where, how it is shown, and what it shows. No
 * data: the curves are made up.
 *
 *   npm run dashboard:draw -- [--rds] [--body FILE.json] > dashboard.svg
 *   npm run dashboard:draw -- --write      brings docs/dashboard.svg up to date, which a test holds against the body
 *
 * `--body` takes a body as CloudWatch has it: `aws cloudwatch get-dashboard --query DashboardBody --output text`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { bodyOfProduction } from "./dashboard/body-of-production.ts";
import { drawDashboard } from "./dashboard/draw.ts";

const { values } = parseArgs({
  options: { rds: { type: "boolean" }, body: { type: "string" }, write: { type: "boolean" } },
});

const picture = drawDashboard(
  values.body === undefined
    ? bodyOfProduction(values.rds === true)
    : JSON.parse(readFileSync(values.body, "utf8")),
);
if (values.write === true) writeFileSync(new URL("../docs/dashboard.svg", import.meta.url), picture);
else process.stdout.write(picture);
