import middy from "@middy/core";
import { resolveSettings } from "@noctuary/core/settings";
import { context } from "./runtime/context.ts";
import { cronApi } from "./runtime/cron-api.ts";
import { type CronSecretSource, cronSecretSource } from "./runtime/cron-secrets.ts";
import { environmentSettings } from "./runtime/environment.ts";

let secrets: CronSecretSource | undefined;

export const handler = middy(
  cronApi(context, () => {
    secrets ??= cronSecretSource(resolveSettings([environmentSettings()]).settings);
    return secrets;
  }),
);
