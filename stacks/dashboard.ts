import { CfnDashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { App, Stack } from "sst/constructs";
import { dashboardBody } from "./dashboard-body.ts";
import type { Place } from "./place.ts";

export function stageDashboard(stack: Stack, app: App, place: Place): void {
  const body = dashboardBody(place, { region: stack.region, account: stack.account });
  new CfnDashboard(stack, "dashboard", {
    dashboardName: app.logicalPrefixedName("nights"),
    dashboardBody: stack.toJsonString(body),
  });
}
