import { Console } from "node:console";
import { openSync, writeSync } from "node:fs";
import { Writable } from "node:stream";

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

/** Each line is written at once: to hand it to a thread would take longer, and it would be lost where the process dies. */
function openConsole(logFile: string): Console {
  let file: number | undefined;
  const write = (line: Buffer, _encoding: string, done: () => void) => {
    try {
      file ??= openSync(logFile, "a", 0o600);
      writeSync(file, line);
    } catch {
      // A full disk must not end a run.
    }
    done();
  };
  return new Console(new Writable({ write }));
}
