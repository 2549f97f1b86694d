import middy from "@middy/core";
import { catchUpWeeks } from "@noctuary/core/runtime/catch-up";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { weeklyInsights } from "@noctuary/core/weekly-insights/weekly-insights";
import { context } from "./runtime/context.ts";
import { guard } from "./runtime/guard.ts";

export const handler = middy(
  guard(context, async (live, _event: unknown, lambda) => {
    await catchUpWeeks(live, weeklyInsights, new Date());
    return reconcile(live, () => lambda.getRemainingTimeInMillis());
  }),
);
