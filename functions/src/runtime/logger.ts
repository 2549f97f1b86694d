import { Console } from "node:console";
import { createWriteStream } from "node:fs";
import { Logger } from "@aws-lambda-powertools/logger";
import type { Settings } from "@noctuary/core/settings";

/** Powertools' JSON logger. Nothing it is given may hold note text: it does not redact. */
export function openLogger({ logLevel, logFile }: Pick<Settings, "logLevel" | "logFile">): Logger {
  const logger = new Logger({ serviceName: "noctuary", logLevel });
  if (logFile !== undefined) {
    // Powertools always writes to standard output, where a person reads the command line's own words.
    const stream = createWriteStream(logFile, { flags: "a", mode: 0o600 });
    stream.on("error", () => {}); // a full disk must not end a run
    Object.assign(logger, { console: new Console(stream) });
  }
  return logger;
}
