/**
 * What stands before each request costs: the same texts through the same embedder to a provider that answers at once, with
 * nothing before it, with the policy (breaker), with the policy and limits a minute, and with a budget in dollars as well.
 * Many short rounds, each of them all four ways in another order, so that whatever else the machine does hits all alike;
 * the ratios of each round, their median, and its 95 % interval (bootstrap). Processor time of this process, and time on
 * the clock, which has the database's part too. Needs NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:policy -- [--rounds 250] [--notes 4000]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { purseOf } from "@noctuary/core/budget/purse";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { noBudgets } from "@noctuary/core/context";
import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { type PolicyFor, sharedPolicies } from "@noctuary/core/provider/policy-source";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import { cpuMsSince, startChild } from "./throughput/child.ts";
import type { ProviderCounts } from "./throughput/provider-process.ts";
import { sampleNotes } from "./throughput/sample-texts.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "250" }, notes: { type: "string", default: "4000" } },
});
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const NAME = "noctuary_bench_policy";
const MODEL = "text-embedding-3-small";
const WARM_ROUNDS = 5;

const admin = new pg.Client({ connectionString: server });
await admin.connect();
await admin.query(`drop database if exists ${NAME} with (force)`);
await admin.query(`create database ${NAME}`);
const url = Object.assign(new URL(server), { pathname: `/${NAME}` }).href;
const db = openDatabase({ url, maxConnections: 4 });
const provider = await startChild("./provider-process.ts");
try {
  await migrate(db);
  const { url: baseUrl } = await provider.ask<ProviderCounts>({});
  const inputs = sampleNotes(Number(values.notes)).map(({ title, body }) => `${title}\n\n${body}`);
  // Limits so large that they never bound: all of the work is done, none of the waiting.
  const unlimited = { tokensPerMinute: undefined, requestsPerMinute: undefined };
  const limited = { tokensPerMinute: 1e11, requestsPerMinute: 1e8 };
  const wanted = (limits: Pick<PolicyFor, "tokensPerMinute" | "requestsPerMinute">, path: string) => ({
    baseUrl: `${baseUrl}${path}`,
    model: MODEL,
    ...limits,
  });
  const policies = sharedPolicies(db);
  const embedder = (policy?: ReturnType<typeof policies>) =>
    openaiEmbedder({ baseUrl, model: MODEL, dimensions: 512, policy });
  const purse = (budgets: { userUsd: number | null; totalUsd: number | null }) =>
    purseOf({ db, budgets }, "u", "embeddings");
  const kinds = {
    "nothing before it": { embedder: embedder(), purse: () => undefined },
    policy: { embedder: embedder(policies(wanted(unlimited, "/a"))), purse: () => purse(noBudgets) },
    "policy with limits": {
      embedder: embedder(policies(wanted(limited, "/b"))),
      purse: () => purse(noBudgets),
    },
    "policy with limits and dollars": {
      embedder: embedder(policies(wanted(limited, "/c"))),
      purse: () => purse({ userUsd: 1e6, totalUsd: 1e6 }),
    },
  };
  type Kind = keyof typeof kinds;
  const names = Object.keys(kinds) as Kind[];
  let requests = 0;
  const once = async (kind: Kind) => {
    const { embedder, purse } = kinds[kind];
    const cpu = process.cpuUsage();
    const begun = performance.now();
    const answer = await embedder.embed(inputs, { signal: AbortSignal.timeout(120_000), purse: purse() });
    requests = answer.requests;
    return { clock: performance.now() - begun, cpu: cpuMsSince(cpu) };
  };
  const rounds: Record<Kind, { clock: number; cpu: number }>[] = [];
  for (let round = -WARM_ROUNDS; round < Number(values.rounds); round++) {
    const took: Partial<(typeof rounds)[number]> = {};
    const first = (round + WARM_ROUNDS) % names.length;
    for (const kind of [...names.slice(first), ...names.slice(0, first)]) took[kind] = await once(kind);
    if (round >= 0) rounds.push(took as (typeof rounds)[number]);
  }
  const base = names[0]!;
  const typical = median(rounds.map((round) => round[base].clock));
  console.log(
    `${rounds.length} rounds of ${inputs.length.toLocaleString("en")} notes in ${requests} requests, ` +
      `${Math.round(typical)} ms each with ${base} (${Math.round((1000 * inputs.length) / typical).toLocaleString("en")} notes a second)`,
  );
  for (const kind of names.slice(1)) {
    const said = (["cpu", "clock"] as const).map((which) => {
      const ratios = rounds.map((round) => round[kind][which] / round[base][which]);
      const [low, high] = interval(ratios);
      const perRequest = rounds.map((round) => (round[kind][which] - round[base][which]) / requests);
      return `${median(perRequest).toFixed(2)} ms a request or ${percent(median(ratios))} of the ${which === "cpu" ? "processor time" : "time"} (95 %: ${percent(low)} to ${percent(high)})`;
    });
    console.log(`${kind}: ${said.join(", ")}`);
  }
} finally {
  await provider.stop();
  await db.close();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.end();
}

function percent(ratio: number): string {
  const value = (ratio - 1) * 100;
  return `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(1)} %`;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of the median, by drawing the rounds again 2,000 times. */
function interval(numbers: readonly number[]): [number, number] {
  const random = seededRandom(1);
  const medians = Array.from({ length: 2_000 }, () =>
    median(numbers.map(() => numbers[Math.floor(random() * numbers.length)]!)),
  ).sort((a, b) => a - b);
  return [medians[50]!, medians[1_949]!];
}
