import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, inject, test } from "vitest";
import { startSecretsManager } from "../support/secrets-manager.ts";

/** Lambda unpacks and parses a bundle at each cold start. The one that embeds holds the tokenizer's ranks. */
const mostBytes = (handler: string) => (handler.endsWith("/embed.handler") ? 3_000_000 : 1_500_000);

const HANDLERS = [
  "functions/src/nightly-cluster/orchestrator.handler",
  "functions/src/nightly-cluster/embed.handler",
  "functions/src/nightly-cluster/cluster.handler",
  "functions/src/nightly-stacks/orchestrator.handler",
  "functions/src/nightly-stacks/stacks.handler",
  "functions/src/weekly-insights/orchestrator.handler",
  "functions/src/weekly-insights/insights.handler",
  "functions/src/reconciler.handler",
  "functions/src/api.handler",
  "functions/src/rotate-cron-secret.handler",
  "functions/src/migrate.handler",
];

/** What builds and tests, and what belongs to one machine. */
const NEVER_DEPLOYED =
  /node_modules\/(sst|aws-cdk-lib|constructs|@electric-sql|fauxqs|vitest|esbuild|drizzle-kit)\/|^(packages\/cli|stacks|test)\//;
/** What only a deploy runs. */
const MIGRATES = /^packages\/db\/src\/(migrate|login)\.ts$/;

const deployed = inject("syntheses").dev;

test("every handler is bundled", () => {
  expect(deployed.functions.map(({ handler }) => handler).sort()).toEqual([...HANDLERS].sort());
});

describe.each(HANDLERS)("%s", (handler) => {
  const built = () => deployed.functions.find((one) => one.handler === handler)!;

  test("is a function on Node 24, with nothing beside the bundle", async () => {
    const { version, type } = await inBundle(
      built().bundle,
      "({ version: process.version, type: typeof handler })",
    );
    expect(version).toMatch(/^v24\./);
    expect(type).toBe("function");
  });

  test("is deployed without a package that was installed for it", () => {
    const [asset] = built().bundle.split("/functions/src/");
    expect(existsSync(`${asset}/node_modules`)).toBe(false);
  });

  test("is small", () => {
    expect(built().bytes).toBeLessThan(mostBytes(handler));
  });

  test("holds nothing but what it runs", () => {
    expect(built().inputs.filter((file) => NEVER_DEPLOYED.test(file))).toEqual([]);
    expect(built().inputs.some((file) => MIGRATES.test(file))).toBe(
      handler === "functions/src/migrate.handler",
    );
    expect(built().inputs.length).toBeGreaterThan(100);
  });
});

test("a bundle reads the database's URL from Secrets Manager, and what is wrong with it without repeating it", async () => {
  const manager = await startSecretsManager("mysql://root:hunter2@db");
  try {
    const { bundle } = deployed.functions.find(
      ({ handler }) => handler === "functions/src/reconciler.handler",
    )!;
    const { message } = await inBundle(
      bundle,
      "handler({}, {}).then(() => ({}), ({ message }) => ({ message }))",
      { ...manager.environment, DATABASE_SECRET_ID: "noctuary/dev/database-url" },
    );
    expect(manager.asked).toEqual(["noctuary/dev/database-url"]);
    expect(message).toBe(
      "the secret noctuary/dev/database-url must hold a database URL that begins with postgres:// or postgresql://",
    );
  } finally {
    manager.close();
  }
});

test("the bundle that clusters is its own threads' entry: it groups notes with nothing beside it", async () => {
  const { bundle } = deployed.functions.find(
    ({ handler }) => handler === "functions/src/nightly-cluster/cluster.handler",
  )!;
  // Enough notes for the search to start a thread too; on two circles that have no angle in common.
  const program = `const { Worker } = await import("node:worker_threads");
    const count = 4_000;
    const vectors = new Float32Array(count * 4);
    for (let i = 0; i < count; i++) {
      const angle = (i / count) * Math.PI;
      vectors[i * 4 + (i % 2) * 2] = Math.cos(angle);
      vectors[i * 4 + (i % 2) * 2 + 1] = Math.sin(angle);
    }
    const thread = new Worker(new URL(${JSON.stringify(`file://${bundle}`)}), { workerData: { computing: true }, env: {}, execArgv: [] });
    const noteKeys = BigUint64Array.from(vectors.subarray(0, count), (_, i) => BigInt(i));
    thread.postMessage({ kind: "cluster", input: { vectors, dimensions: 4, noteKeys, keepFrom: 3_000 } });
    const answer = await new Promise((resolve, reject) => thread.on("message", resolve).on("error", reject));
    const { topic, topics } = answer.result.partition;
    const mixed = topic.some((label, i) => topic.some((other, j) => label === other && i % 2 !== j % 2));
    process.stdout.write(JSON.stringify({ topics: topics > 1, mixed }));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: "/",
    env: {},
  });
  expect(JSON.parse(stdout)).toEqual({ topics: true, mixed: false });
}, 60_000);

/** Evaluates an expression over a bundle's `handler` in a process that has nothing else of this repository. */
async function inBundle(
  bundle: string,
  expression: string,
  environment: Record<string, string> = {},
): Promise<Record<string, string>> {
  const program = `const { handler } = await import(${JSON.stringify(bundle)});
    process.stdout.write(JSON.stringify(await ${expression}));
    process.exit();`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: "/",
    env: environment,
  });
  return JSON.parse(stdout);
}
