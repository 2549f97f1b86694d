/**
 * What the policy before each request costs: the same texts through the same embedder, to a provider that answers at once,
 * with and without it, in turn. The pairs are full requests, so nothing of a night's other work hides it. Needs
 * NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:policy -- [--pairs 20] [--inputs 20000]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { sharedPolicies } from "@noctuary/core/provider/policy-source";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import { startOpenAiServer } from "../test/support/openai-server.ts";

const { values } = parseArgs({
  options: { pairs: { type: "string", default: "20" }, inputs: { type: "string", default: "20000" } },
});
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const NAME = "noctuary_bench_policy";
const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`drop database if exists ${NAME} with (force)`);
await admin.query(`create database ${NAME}`);
const url = Object.assign(new URL(server), { pathname: `/${NAME}` }).href;
const db = openDatabase({ url, maxConnections: 4 });
const provider = await startOpenAiServer({ nativeDimensions: 64 });
try {
  await migrate(db);
  const inputs = Array.from(
    { length: Number(values.inputs) },
    (_, i) => `A note of some words, number ${i}.`,
  );
  const embedder = (policy?: ReturnType<ReturnType<typeof sharedPolicies>>) =>
    openaiEmbedder({ baseUrl: provider.url, model: "a-model", dimensions: 64, policy });
  // A budget so large that it never bounds: all of its work is done, none of its waiting.
  const budgeted = sharedPolicies(db)({
    baseUrl: provider.url,
    model: "a-model",
    tokensPerMinute: 1e11,
    requestsPerMinute: 1e8,
  });
  const kinds = { without: embedder(), with: embedder(budgeted) };
  const once = async (kind: keyof typeof kinds) => {
    const begun = performance.now();
    await kinds[kind].embed(inputs, { signal: AbortSignal.timeout(120_000) });
    return performance.now() - begun;
  };
  await once("without");
  await once("with");
  const ratios: number[] = [];
  for (let pair = 0; pair < Number(values.pairs); pair++) {
    const order = pair % 2 === 0 ? (["with", "without"] as const) : (["without", "with"] as const);
    const took = { with: 0, without: 0 };
    for (const kind of order) took[kind] = await once(kind);
    ratios.push(took.with / took.without);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[ratios.length >> 1]!;
  console.log(
    `policy with a budget: ${((median - 1) * 100).toFixed(1)} % of the time of embedding at the median of ${ratios.length} pairs ` +
      `(from ${((ratios[0]! - 1) * 100).toFixed(1)} to ${((ratios.at(-1)! - 1) * 100).toFixed(1)} %), ${inputs.length.toLocaleString("en")} inputs each`,
  );
} finally {
  await provider.close();
  await db.close();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
}
