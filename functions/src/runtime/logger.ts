import { Logger } from "@aws-lambda-powertools/logger";
import type { Settings } from "@noctuary/core/settings";
import { consoleFor } from "./log-file.ts";

/** Powertools' JSON logger. Nothing it is given may hold note text: it does not redact. */
export function openLogger({ logLevel, logFile }: Pick<Settings, "logLevel" | "logFile">): Logger {
  return Object.assign(new Logger({ serviceName: "noctuary", logLevel }), consoleFor(logFile));
}
