import { costUsd } from "@noctuary/core/provider/prices";
import { type CostLine, line } from "./at-rest.ts";
import { prices } from "./prices.ts";

export const NOTES = 10_000;
export const EMBEDDING_MODEL = "text-embedding-3-small";
export const LLM_MODEL = "gpt-4.1-mini";

/** What the figures rest on. Times are of docs/benchmarks.md, on two cores, with room; sizes of real notes. */
export const ASSUMPTIONS = {
  tokensANote: 311,
  /** One provider request takes some seconds; a full one holds 300,000 tokens. */
  embedSeconds: 60,
  clusterSeconds: 5,
  stacksSeconds: 5,
  insightsSeconds: 30,
  functionGb: 1.769,
  /** Topics and areas of as many notes of one person, eight to a question. */
  clusters: 60,
  namedAtOnce: 8,
  tokensOfNames: { input: 5_000, output: 200 },
  /** A week of one person: five sections. */
  tokensOfWeek: { input: 20_000, output: 1_500 },
  bytesANote: 5_000,
  /** Tasks, their messages, and what is logged of them. */
  messages: 50,
  logBytes: 100_000,
} as const;

const MILLION = 1_000_000;
const GIGABYTE = 1_000_000_000;

/** What the first night over 10,000 notes of one person costs, and what follows from it. */
export function costsOfNotes(): CostLine[] {
  const a = ASSUMPTIONS;
  const tokens = NOTES * a.tokensANote;
  const questions = Math.ceil(a.clusters / a.namedAtOnce);
  const gbSeconds = (a.embedSeconds + a.clusterSeconds + a.stacksSeconds) * a.functionGb;
  return [
    line(
      `Embedding, once (${EMBEDDING_MODEL})`,
      `${(tokens / MILLION).toFixed(2)} million tokens`,
      known(costUsd(EMBEDDING_MODEL, tokens)),
    ),
    line(
      `Names of clusters, once (${LLM_MODEL})`,
      `${questions} questions`,
      known(costUsd(LLM_MODEL, questions * a.tokensOfNames.input, questions * a.tokensOfNames.output)),
    ),
    line(
      "Functions, the first night",
      `${Math.round(gbSeconds)} GB-seconds`,
      gbSeconds * prices.lambdaGbSecond,
    ),
    line(
      "Messages and logs, the first night",
      `${a.messages} messages, ${a.logBytes / 1000} kB`,
      (a.messages / MILLION) * prices.sqsFairMillionRequests + (a.logBytes / GIGABYTE) * prices.logsGb,
    ),
    line(
      "Storage in RDS, a month",
      `${(NOTES * a.bytesANote) / MILLION} MB`,
      ((NOTES * a.bytesANote) / GIGABYTE) * prices.rdsStorageGbMonth,
    ),
    line(
      "A later night, 1 % changed",
      `${(tokens / 100).toLocaleString("en")} tokens, ${Math.round(10 * a.functionGb)} GB-seconds`,
      known(costUsd(EMBEDDING_MODEL, tokens / 100)) + 10 * a.functionGb * prices.lambdaGbSecond,
    ),
    line(
      `A week's insights of one person (${LLM_MODEL})`,
      `${(a.tokensOfWeek.input + a.tokensOfWeek.output).toLocaleString("en")} tokens`,
      known(costUsd(LLM_MODEL, a.tokensOfWeek.input, a.tokensOfWeek.output)) +
        a.insightsSeconds * a.functionGb * prices.lambdaGbSecond,
    ),
  ];
}

function known(usd: number | null): number {
  if (usd === null) throw new RangeError("a model of the cost table has no price");
  return usd;
}
