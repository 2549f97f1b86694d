import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openEmbeddedPostgres } from "@noctuary/cli/local/embedded-postgres";
import { inject, onTestFinished } from "vitest";

export const commandLine = fileURLToPath(new URL("../../packages/cli/bin/noctuary.mjs", import.meta.url));

/** Nothing of the tester's own settings. */
export const commandEnvironment = { PATH: process.env.PATH, HOME: "/nonexistent", NO_COLOR: "1" };

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The printed document of `--json`. */
  json: <T = Record<string, unknown>>() => T;
}

/** Runs the command line as a person does, as a process of its own, without anything of the tester's own settings. */
export async function noctuary(
  args: string[],
  { nodeArgs = [], environment = {} }: { nodeArgs?: string[]; environment?: Record<string, string> } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [...nodeArgs, commandLine, ...args], {
    env: { ...commandEnvironment, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, stdout, stderr, json: <T>() => JSON.parse(stdout) as T };
}

/** A folder that is removed when the test ends; with `afterAll`, when all tests of its file have. */
export function temporaryFolder(whenDone: (remove: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "noctuary-test-"));
  whenDone(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The home of somebody who has used Noctuary before, or who is where `from` has come to. Gone as its folder is. */
export function copiedHome(
  from: string = inject("emptyHome"),
  whenDone?: (remove: () => void) => void,
): string {
  const home = temporaryFolder(whenDone);
  cpSync(from, home, { recursive: true });
  return home;
}

/**
 * A copied home whose database is open here until the test ends: each command joins it, as beside a `serve`, instead of
 * starting it again, which is half of a short command's time. For tests of many commands on one home that are about
 * what these say; how a command opens and leaves its home by itself, is killed or broken off, is shown by the others.
 */
export async function heldHome(from?: string): Promise<string> {
  const home = copiedHome(from);
  const held = await openEmbeddedPostgres({ home });
  onTestFinished(() => held.close());
  return home;
}
