import { configurationOf } from "../../stacks/configuration.ts";
import { dashboardBody } from "../../stacks/dashboard-body.ts";
import { WATCHED_FUNCTIONS } from "../../stacks/observability.ts";

/** The dashboard of a stage whose configuration is all defaults; with a database of its own or without. */
export function bodyOfProduction(hasDatabase: boolean) {
  return dashboardBody(
    {
      named: (name) => `production-noctuary-${name}`,
      configuration: configurationOf("production", { production: {} }),
      functions: WATCHED_FUNCTIONS,
      databaseInstance: hasDatabase ? "production-noctuary-database" : null,
    },
    { region: "us-east-1", account: "123456789012" },
  );
}
