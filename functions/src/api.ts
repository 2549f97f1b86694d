import middy from "@middy/core";
import { resolveSettings, type Settings } from "@noctuary/core/settings";
import { closingRoutes } from "./runtime/closing-routes.ts";
import { context } from "./runtime/context.ts";
import { cronApi } from "./runtime/cron-api.ts";
import { type CronSecretSource, cronSecretSource } from "./runtime/cron-secrets.ts";
import { environmentSettings } from "./runtime/environment.ts";

let settings: Settings | undefined;
let secrets: CronSecretSource | undefined;

function ownSettings(): Settings {
  settings ??= resolveSettings([environmentSettings()]).settings;
  return settings;
}

export const handler = middy(
  closingRoutes(
    () => ownSettings().cronRoutesUntil,
    cronApi(context, () => {
      secrets ??= cronSecretSource(ownSettings());
      return secrets;
    }),
  ),
);
