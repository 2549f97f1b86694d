import { execFile } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { ROOT } from "./emulator.ts";

export type CommandLine = (
  args: string[],
  environment?: Record<string, string>,
) => Promise<{ stdout: string }>;

/** `noctuary` as somebody runs it who looks into a deployment's own database. */
export function commandLine(databaseUrl: string): CommandLine {
  return (args, environment = {}) =>
    promisify(execFile)("noctuary", [...args, "--home", join(ROOT, ".emulator/home")], {
      env: { ...process.env, DATABASE_URL: databaseUrl, ...environment },
    });
}
