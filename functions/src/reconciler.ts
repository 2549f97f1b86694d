import middy from "@middy/core";
import { RECONCILER } from "@noctuary/core/metrics";
import { reconcilerRound } from "@noctuary/core/runtime/reconciler-round";
import { takeGauges } from "@noctuary/core/runtime/take-gauges";
import { context } from "./runtime/context.ts";
import { guard } from "./runtime/guard.ts";

/** When this process last took its gauges, on a steady clock. On one machine a round is made every few seconds. */
let gaugedAtMs = Number.NEGATIVE_INFINITY;

export const handler = middy(
  guard(
    context,
    async (live, _event: unknown, lambda) => {
      const reconciled = await reconcilerRound(live, () => lambda.getRemainingTimeInMillis());
      if (performance.now() - gaugedAtMs >= live.limits.gaugesEveryMs) {
        await takeGauges(live);
        gaugedAtMs = performance.now();
      }
      return reconciled;
    },
    RECONCILER,
  ),
);
