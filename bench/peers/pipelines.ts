/**
 * What embedding pipelines that people reach for make of the same notes, with the same provider and the same server, in
 * one run with the bare pipeline and with Noctuary. Each peer has its manifest with pinned versions under
 * bench/peers/pipelines and is installed there; none is ever part of the product. Needs NOCTUARY_TEST_DATABASE_URL, npm,
 * and for pgai Python 3.10 or later.
 *
 *   npm run bench:peers -- [--notes 2000] [--dimensions 1536] [--peers langchain-js,pgai]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ranks from "gpt-tokenizer/bpeRanks/cl100k_base";
import { openBench, runBare, runNight } from "../throughput/bench.ts";
import { POISON } from "../throughput/notes-database.ts";

interface Peer {
  /** Makes it ready to run. */
  install(folder: string): void;
  command(folder: string): [program: string, ...args: string[]];
}

const INSTALL_TIMEOUT_MS = 900_000;
const RUN_TIMEOUT_MS = 1_800_000;

const peers: Record<string, Peer> = {
  "langchain-js": {
    install(folder) {
      if (existsSync(join(folder, "node_modules"))) return;
      run(folder, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts");
    },
    command: (folder) => [process.execPath, join(folder, "embed.mjs")],
  },
  pgai: {
    install(folder) {
      if (existsSync(join(folder, ".venv", "installed"))) return;
      run(folder, "python3", "-m", "venv", ".venv");
      // Without their dependencies: all that is needed is pinned.
      run(folder, ".venv/bin/pip", "install", "--quiet", "--no-deps", "--requirement", "requirements.txt");
      writeTokenRanks(join(folder, ".venv"));
      run(folder, "touch", ".venv/installed");
    },
    command: (folder) => [join(folder, ".venv/bin/python"), join(folder, "embed.py")],
  },
};

/**
 * The ranks of cl100k_base as tiktoken keeps them: it would fetch them from a host that not everybody reaches. These are
 * the same bytes, whose hash it checks.
 */
function writeTokenRanks(folder: string): void {
  const url = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken";
  const lines = ranks.map((token, rank) => {
    const bytes = typeof token === "string" ? Buffer.from(token) : Buffer.from(token);
    return `${bytes.toString("base64")} ${rank}\n`;
  });
  writeFileSync(join(folder, createHash("sha1").update(url).digest("hex")), lines.join(""));
}

function run(folder: string, program: string, ...args: string[]): void {
  execFileSync(program, args, { cwd: folder, stdio: ["ignore", 2, 2], timeout: INSTALL_TIMEOUT_MS });
}

const { values } = parseArgs({
  options: {
    notes: { type: "string", default: "2000" },
    dimensions: { type: "string", default: "1536" },
    peers: { type: "string", default: Object.keys(peers).join() },
  },
});
const dimensions = Number(values.dimensions);
const bench = await openBench({ notes: Number(values.notes) });
try {
  await bench.database.fill(bench.notes, 1);
  // The first run of each warms it up.
  await runBare(bench, dimensions);
  const bare = await runBare(bench, dimensions);
  const barePerSecond = (bare.notes / bare.ms) * 1000;
  await runNight(bench, { dimensions });
  await bench.database.forgetNights();
  const night = await runNight(bench, { dimensions });
  print("bare pipeline", barePerSecond, bare.notes);
  print("Noctuary, through ledger and queue", night.perSecond, night.stored);
  for (const name of values.peers.split(",")) {
    const measured = await measure(name);
    if (typeof measured === "string") console.log(`SKIPPED: ${name}: ${measured}`);
    else print(name, (measured.stored / measured.ms) * 1000, measured.stored);
  }

  function print(name: string, perSecond: number, stored: number): void {
    console.log(
      `${name}: ${Math.round(perSecond).toLocaleString("en")} notes/s, ${stored.toLocaleString("en")} of ` +
        `${bench.notes.length.toLocaleString("en")} stored; the bare pipeline is ${(barePerSecond / perSecond).toFixed(1)} times as fast`,
    );
  }
} finally {
  await bench.close();
}

/** @returns what it did, or why it could not be had or did not work */
async function measure(name: string): Promise<{ stored: number; ms: number } | string> {
  const peer = peers[name];
  if (peer === undefined) return `no such peer; there are ${Object.keys(peers).join(", ")}`;
  const folder = fileURLToPath(new URL(`./pipelines/${name}`, import.meta.url));
  try {
    peer.install(folder);
  } catch (error) {
    return `it cannot be installed here (${(error as Error).message})`;
  }
  const { url } = await bench.provider.ask<{ url: string }>({ poison: POISON });
  const [program, ...args] = peer.command(folder);
  const environment = { DATABASE_URL: bench.database.url, PROVIDER_URL: url, DIMENSIONS: String(dimensions) };
  const { status, stdout } = spawnSync(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", 2],
    encoding: "utf8",
    timeout: RUN_TIMEOUT_MS,
  });
  if (status !== 0) return `it ended with ${status}`;
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as { stored: number; ms: number };
}
