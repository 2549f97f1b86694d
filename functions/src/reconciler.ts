import middy from "@middy/core";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { context } from "./runtime/context.ts";
import { guard } from "./runtime/guard.ts";

export const handler = middy(
  guard(context, (live, _event: unknown, lambda) => reconcile(live, () => lambda.getRemainingTimeInMillis())),
);
