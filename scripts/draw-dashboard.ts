/**
 * Draws the layout of the dashboard from its body, as an SVG: what stands where, how it is shown, and what it shows.
 *
 *   npm run dashboard:draw -- [--rds] [--body FILE.json] > dashboard.svg
 *
 * `--body` takes a body as CloudWatch has it: `aws cloudwatch get-dashboard --query DashboardBody --output text`.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { configurationOf } from "../stacks/configuration.ts";
import { type DashboardBody, dashboardBody } from "../stacks/dashboard-body.ts";
import { WATCHED_FUNCTIONS } from "../stacks/observability.ts";
import { drawDashboard } from "./dashboard/draw.ts";

const { values } = parseArgs({ options: { rds: { type: "boolean" }, body: { type: "string" } } });

const body: DashboardBody =
  values.body === undefined
    ? dashboardBody(
        {
          named: (name) => `production-noctuary-${name}`,
          configuration: configurationOf("production", { production: {} }),
          functions: WATCHED_FUNCTIONS,
          databaseInstance: values.rds === true ? "production-noctuary-database" : null,
        },
        { region: "us-east-1", account: "123456789012" },
      )
    : JSON.parse(readFileSync(values.body, "utf8"));
process.stdout.write(drawDashboard(body));
