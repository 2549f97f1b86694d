import { spawn, spawnSync } from "node:child_process";
import { commandEnvironment, commandLine } from "./noctuary.ts";

/** `script` of util-linux or BSD runs a command at a pseudo-terminal of its own. */
const kind = ((): "util-linux" | "bsd" | undefined => {
  const { error, stdout } = spawnSync("script", ["--version"], { encoding: "utf8" });
  if (error !== undefined) return undefined;
  return stdout.includes("util-linux") ? "util-linux" : "bsd";
})();

export const hasPseudoTerminal = kind !== undefined;

export interface TerminalResult {
  code: number | null;
  /** What a person saw: both streams, with what they typed. */
  screen: string;
}

/**
 * Runs the command line where a person sits: at a terminal. Once `question` is on the screen, `answer` is typed; an
 * answer without a line end is a key such as Ctrl-C.
 */
export async function atTerminal(
  args: string[],
  {
    question,
    answer,
    environment = {},
  }: { question: RegExp; answer: string; environment?: Record<string, string> },
): Promise<TerminalResult> {
  const command = [process.execPath, commandLine, ...args];
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const child = spawn(
    "script",
    kind === "util-linux" ? ["-qec", quoted, "/dev/null"] : ["-q", "/dev/null", ...command],
    {
      env: { ...commandEnvironment, TERM: "dumb", SHELL: "/bin/sh", ...environment },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  let screen = "";
  let hasAnswered = false;
  child.stdout.on("data", (chunk: Buffer) => {
    screen += chunk.toString();
    if (hasAnswered || !question.test(screen)) return;
    hasAnswered = true;
    child.stdin.write(answer);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, screen };
}
