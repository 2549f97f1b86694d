import middy from "@middy/core";
import { resolveSettings } from "@noctuary/core/settings";
import { environmentSettings } from "./runtime/environment.ts";
import { openLogger } from "./runtime/logger.ts";
import { migrateAndLetIn } from "./runtime/migrate-and-let-in.ts";

export const handler = middy((event: unknown) => {
  const { settings } = resolveSettings([environmentSettings()]);
  return migrateAndLetIn(event, settings, openLogger(settings));
});
