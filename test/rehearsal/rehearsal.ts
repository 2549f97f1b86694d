import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { expect, onTestFinished } from "vitest";
import { type CommandResult, commandEnvironment, commandLine, noctuary } from "../cli/noctuary.ts";

const run = promisify(execFile);

/** What docs/moving.md promises of each way back. */
const BACK_WITHIN_MS = 5 * 60_000;

const [moving, otherModel] = readFileSync(new URL("../../docs/moving.md", import.meta.url), "utf8").split(
  "# Changing the embedding model",
) as [string, string];
/** The two parts of docs/moving.md. */
export const pages = { moving, otherModel };

/** A person at a terminal who follows the page. */
export function rehearse(home: string, environment: Record<string, string>, page = pages.moving) {
  const verbs = new Set<string>();
  const given = new Set<string>();
  const ways: { step: string; seconds: number }[] = [];

  const commandWith = async (more: Record<string, string>, args: string[]): Promise<CommandResult> => {
    const result = await noctuary(["--home", home, ...args], { environment: { ...environment, ...more } });
    verbs.add(args[0]!);
    const set = Object.entries(more).map((pair) => `${pair.join("=")} `);
    const line = `${set.join("")}noctuary ${args.join(" ").replaceAll(`${home}/`, "")}`;
    // What was said before needs not be read again: its last line is enough.
    const said =
      given.has(line) && !args.includes("--check")
        ? `...\n${result.stdout.trimEnd().split("\n").at(-1)}`
        : result.stdout;
    given.add(line);
    say(`$ ${line}`, said, result.stderr);
    return result;
  };
  const done = async (more: Record<string, string>, args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await commandWith(more, args);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  return {
    command: (...args: string[]) => commandWith({}, args),
    /** A command that must do. */
    done: (...args: string[]) => done({}, args),
    /** The same with other settings. */
    doneWith: (more: Record<string, string>, ...args: string[]) => done(more, args),
    title: (text: string) => say("", `## ${text}`),
    /** Calls the old cron jobs as the page writes it; nothing but the URL changes when they point somewhere else. */
    async callCrons(url: string, secret = environment.CRON_SECRET!): Promise<number[]> {
      const statuses: number[] = [];
      for (const job of ["nightly-cluster", "nightly-stacks", "weekly-insights"]) {
        const line = `curl -sS -X POST -H "Authorization: Bearer $CRON_SECRET" "$CRON_URL/api/cron/${job}"`;
        expect(page).toContain(line);
        const { stdout } = await run("sh", ["-c", `${line} -o /dev/null -w '%{http_code}'`], {
          env: { ...commandEnvironment, CRON_SECRET: secret, CRON_URL: url },
        });
        statuses.push(Number(stdout));
      }
      say(
        `$ curl ... $CRON_URL/api/cron/{nightly-cluster,nightly-stacks,weekly-insights}: ${statuses.join(" ")}`,
      );
      return statuses;
    },
    serve: (options: readonly string[], more: Record<string, string | undefined> = {}) => {
      verbs.add("serve");
      return serve(home, options, { ...environment, ...more });
    },
    /** Goes back from a step, and says how long it took; what takes longer than the page promises fails. */
    async back(step: string, work: () => Promise<unknown>): Promise<void> {
      say(`# back from: ${step}`);
      const begun = performance.now();
      const limit = AbortSignal.timeout(BACK_WITHIN_MS);
      const late = once(limit, "abort").then(() => {
        throw new Error(`the way back from ${step} took more than five minutes`);
      });
      late.catch(() => {});
      await Promise.race([work(), late]);
      ways.push({ step, seconds: (performance.now() - begun) / 1000 });
    },
    /** The ways back with their times, and whether every command of the page was given. */
    end(): void {
      say("", "Ways back, each to be within 300 s:");
      for (const { step, seconds } of ways) say(`  ${step.padEnd(34)} ${seconds.toFixed(1)} s`);
      const blocks = page
        .match(/```sh\n[\s\S]*?```/g)!
        .join("\n")
        .replaceAll(/ +#.*/g, "");
      for (const [, verb] of blocks.matchAll(/\bnoctuary ([a-z-]+)/g)) expect([...verbs]).toContain(verb);
    },
  };
}

/** REHEARSAL=1 prints the transcript. */
export function say(...lines: string[]): void {
  if (process.env.REHEARSAL === undefined) return;
  process.stdout.write(lines.map((line) => (line === "" ? "" : `${line.trimEnd()}\n`)).join(""));
}

async function serve(
  home: string,
  options: readonly string[],
  environment: Record<string, string | undefined>,
) {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined) as [string, string][];
  const server = spawn(
    process.execPath,
    [commandLine, "serve", "--home", home, "--port", "0", "--json", ...options],
    { env: { ...commandEnvironment, ...Object.fromEntries(set) }, stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => void server.kill("SIGKILL"));
  let announced = "";
  for await (const line of createInterface(server.stdout)) {
    announced += line;
    if (line === "}") break;
  }
  const shown = set
    .filter(([name]) => /^NOCTUARY_(CRON|ENABLED)/.test(name))
    .map((pair) => `${pair.join("=")} `);
  say(`$ ${shown.join("")}noctuary serve ${options.join(" ")}`);
  return {
    ...(JSON.parse(announced) as { url: string; secretPath: string | null; schedule: unknown[] | null }),
    async stop() {
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
}
