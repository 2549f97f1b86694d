import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

export const ROOT = join(import.meta.dirname, "../..");
const HOME = join(ROOT, ".emulator");
const VENV = join(HOME, "venv");
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
/** Any account will do; the emulator takes it from the access key. */
export const ACCOUNT = "123456789012";
const START_TIMEOUT_MS = 30_000;

/** The emulator cannot be had here: a check that is skipped, not one that failed. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

export interface Emulator {
  url: string;
  /** What clients of AWS need to come here; nothing of the surroundings' own account. */
  environment: NodeJS.ProcessEnv;
  /** What the emulator and the functions have printed so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Installs MiniStack beside the repository, once. @throws {Unavailable} */
export function installEmulator(): void {
  const installed = join(VENV, "requirements.txt");
  if (existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(REQUIREMENTS, "utf8")) return;
  mkdirSync(HOME, { recursive: true });
  const run = (what: string, command: string, args: string[]) => {
    try {
      execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: 180_000 });
    } catch (error) {
      const { stderr } = error as { stderr?: Buffer };
      throw new Unavailable(`${what}: ${stderr?.toString().trim().split("\n").at(-1) || String(error)}`);
    }
  };
  rmSync(VENV, { recursive: true, force: true });
  run("no Python 3 with venv", "python3", ["-m", "venv", VENV]);
  run("MiniStack could not be installed", join(VENV, "bin/pip"), [
    "install",
    "--quiet",
    "--requirement",
    REQUIREMENTS,
  ]);
  copyFileSync(REQUIREMENTS, installed);
}

/** Starts MiniStack on loopback, on a port of its own. Functions run as processes of the Node in node_modules/.bin. */
export async function startEmulator(): Promise<Emulator> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const path = `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
  // The handlers of CDK's and SST's custom resources expect the runtime's SDK. Outside of the repository, so that a
  // dependency that was not bundled into a handler of ours is missed here as it is on AWS.
  const runtime = mkdtempSync(join(tmpdir(), "noctuary-emulator-"));
  mkdirSync(join(runtime, "node_modules"));
  mkdirSync(join(runtime, "tmp"));
  symlinkSync(join(ROOT, "node_modules/@aws-sdk"), join(runtime, "node_modules/@aws-sdk"));
  const logFile = join(HOME, "log");
  const log = openSync(logFile, "w");
  const server = spawn(join(VENV, "bin/ministack"), {
    cwd: HOME,
    stdio: ["ignore", log, log],
    // Nothing else: handlers inherit it.
    env: {
      HOME: process.env.HOME,
      PATH: path,
      TMPDIR: join(runtime, "tmp"),
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: "127.0.0.1",
      MINISTACK_ACCOUNT_ID: ACCOUNT,
    },
  });
  await healthy(url, server, logFile);
  const { AWS_PROFILE: _, AWS_SESSION_TOKEN: __, ...surroundings } = process.env;
  return {
    url,
    environment: {
      ...surroundings,
      PATH: path,
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
      SST_TELEMETRY_DISABLED: "1",
      CI: "1",
      NO_COLOR: "1",
    },
    log: () => readFileSync(logFile, "utf8"),
    async stop() {
      await ended(server);
      rmSync(runtime, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function healthy(url: string, server: ChildProcess, logFile: string): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  while (server.exitCode === null && Date.now() < until) {
    const response = await fetch(`${url}/_ministack/health`).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.kill("SIGKILL");
  throw new Unavailable(
    `MiniStack did not start: ${readFileSync(logFile, "utf8").trim().split("\n").at(-1)}`,
  );
}

/** A server that waits for a stack that is stuck ignores SIGTERM. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, "exit");
  server.kill("SIGTERM");
  const kill = setTimeout(() => server.kill("SIGKILL"), 5_000);
  await exit;
  clearTimeout(kill);
}
