/**
 * What stands before each request costs: the same texts, packed and asked for as an embed task does, through the same
 * embedder to a provider that answers at once, with nothing before it, with the policy (breaker), with the policy and
 * limits a minute, and with a budget in dollars as well. Nothing is stored of the answers in any of these ways.
 * Many short rounds, each of them all ways in another order, so that whatever else the machine does hits all alike.
 * Printed is the mean of the rounds' ratios, without the fifth at either end, with its 95 % interval (by drawing the rounds
 * again), in processor time of this process and in time on the clock, which has the database's part too. One way is
 * measured twice: what that comes to is what the other figures are worth. What a way leaves to be cleared away is cleared
 * before the next one begins, and nobody's time.
 * Needs NOCTUARY_TEST_DATABASE_URL (a role that may create databases).
 *
 *   npm run bench:policy -- [--rounds 250] [--notes 4000] [--only 'policy with limits and dollars']
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Purse, purseOf } from "@noctuary/core/budget/purse";
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
  options: {
    rounds: { type: "string", default: "250" },
    notes: { type: "string", default: "4000" },
    only: { type: "string" },
  },
});
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const NAME = "noctuary_bench_policy";
const MODEL = "text-embedding-3-small";
const WARM_ROUNDS = 5;

setFlagsFromString("--expose-gc");
const clear: () => void = runInNewContext("gc");

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
  const free: Purse = {
    reserve: async () => ({ settle: async () => {} }),
    expect() {},
    async [Symbol.asyncDispose]() {},
  };
  const kinds = {
    "nothing before it": { embedder: embedder(), purse: () => free },
    "nothing before it, again": { embedder: embedder(), purse: () => free },
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
  const all = Object.keys(kinds) as Kind[];
  const names = all.filter((kind, i) => i === 0 || values.only === undefined || kind === values.only);
  let requests = 0;
  const once = async (kind: Kind) => {
    const { embedder } = kinds[kind];
    const signal = AbortSignal.timeout(120_000);
    clear();
    const cpu = process.cpuUsage();
    const begun = performance.now();
    {
      await using purse = kinds[kind].purse();
      purse.expect(() => embedder.priceUsd(inputs.reduce((sum, input) => sum + Buffer.byteLength(input), 0)));
      const calls = await embedder.pack(inputs, { signal });
      const answers = await Promise.all(
        calls.map((call) =>
          embedder.embed(
            call.map((i) => inputs[i]!),
            { signal, purse },
          ),
        ),
      );
      requests = answers.reduce((sum, answer) => sum + answer.requests, 0);
    }
    return { clock: performance.now() - begun, cpu: cpuMsSince(cpu) };
  };
  const random = seededRandom(1);
  const rounds: Record<Kind, { clock: number; cpu: number }>[] = [];
  for (let round = -WARM_ROUNDS; round < Number(values.rounds); round++) {
    const took: Partial<(typeof rounds)[number]> = {};
    for (const kind of shuffled(names, random)) took[kind] = await once(kind);
    if (round >= 0) rounds.push(took as (typeof rounds)[number]);
  }
  const [base, ...others] = names as [Kind, ...Kind[]];
  const typical = trimmedMean(rounds.map((round) => round[base].clock));
  console.log(
    `${rounds.length} rounds of ${inputs.length.toLocaleString("en")} notes in ${requests} requests, ` +
      `${Math.round(typical)} ms each with ${base} (${Math.round((1000 * inputs.length) / typical).toLocaleString("en")} notes a second)`,
  );
  for (const kind of others) {
    const said = (["cpu", "clock"] as const).map((which) => {
      const ratios = rounds.map((round) => Math.log(round[kind][which] / round[base][which]));
      const [low, high] = interval(ratios).map(Math.exp) as [number, number];
      const unit = which === "cpu" ? "processor time" : "time";
      return `${percent(Math.exp(trimmedMean(ratios)))} of the ${unit} (95 %: ${percent(low)} to ${percent(high)})`;
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

/** Without the fifth at either end. */
function trimmedMean(numbers: readonly number[]): number {
  const cut = Math.floor(numbers.length / 5);
  const kept = numbers.toSorted((a, b) => a - b).slice(cut, numbers.length - cut);
  return kept.reduce((sum, n) => sum + n, 0) / kept.length;
}

/** By drawing the rounds again 2,000 times. */
function interval(numbers: readonly number[]): [number, number] {
  const random = seededRandom(2);
  const drawn = Array.from({ length: 2_000 }, () =>
    trimmedMean(numbers.map(() => numbers[Math.floor(random() * numbers.length)]!)),
  ).sort((a, b) => a - b);
  return [drawn[50]!, drawn[1_949]!];
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
