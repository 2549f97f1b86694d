import { Console } from "node:console";
import { createWriteStream } from "node:fs";

/**
 * What Powertools shall write to instead of standard output, where a person reads the command line's own words.
 * Logger and metrics keep theirs in a field that no option sets.
 */
export function consoleFor(logFile: string | undefined): { console?: Console } {
  if (logFile === undefined) return {};
  let console = consoles.get(logFile);
  if (console === undefined) {
    console = openConsole(logFile);
    consoles.set(logFile, console);
  }
  return { console };
}

/** One a file: lines of two streams could overtake each other. */
const consoles = new Map<string, Console>();

function openConsole(logFile: string): Console {
  const stream = createWriteStream(logFile, { flags: "a", mode: 0o600 });
  stream.on("error", () => {}); // a full disk must not end a run
  return new Console(stream);
}
