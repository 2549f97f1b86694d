import middy from "@middy/core";
import { resolveSettings } from "@noctuary/core/settings";
import { environmentSettings } from "./runtime/environment.ts";
import { openLogger } from "./runtime/logger.ts";
import { rotateCronSecret } from "./runtime/rotate-cron-secret.ts";

export const handler = middy((event: unknown) => {
  const { settings } = resolveSettings([environmentSettings()]);
  return rotateCronSecret(event, settings, openLogger(settings));
});
