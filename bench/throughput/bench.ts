import { type LocalQueues, startLocalQueues } from "@noctuary/cli/local/local-queues";
import { LOCAL_REGION } from "@noctuary/cli/local/sqs-event";
import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import { queues } from "@noctuary/core/jobs";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import type { BareFigures } from "./bare-process.ts";
import { type Child, type Children, startChild, warmChildren } from "./child.ts";
import type { NightFigures, NightRequest } from "./night-process.ts";
import { type Night, type NotesDatabase, notesDatabase } from "./notes-database.ts";
import type { ProviderBehaviour, ProviderCounts } from "./provider-process.ts";
import { notesOfFile, type SampleNote, sampleNotes } from "./sample-texts.ts";

const NIGHT_PROCESS = "./night-process.ts";
const FIRST_NIGHT = "2026-11-02T07:00:00Z";

/** Where the rows of the table are measured. */
export interface Bench {
  database: NotesDatabase;
  provider: Child;
  children: Children;
  /** Replaces the queues by new ones, and returns how a process finds them. */
  freshQueues(): Promise<Record<string, string>>;
  notes: SampleNote[];
  /** Embed workers at once. */
  workers: number;
  /** The best packing of the notes' tokens, from below. */
  fewestRequests: number;
  close(): Promise<void>;
}

/** A database on the server of NOCTUARY_TEST_DATABASE_URL, queues, and a provider. Ends the process where it has none. */
export async function openBench({
  notes: count,
  file,
  workers = 4,
}: {
  notes: number;
  file?: string | undefined;
  workers?: number;
}): Promise<Bench> {
  const server = process.env.NOCTUARY_TEST_DATABASE_URL;
  if (server === undefined) {
    console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
    process.exit(2);
  }
  const notes = file === undefined ? sampleNotes(count) : notesOfFile(file, count);
  let local: LocalQueues | undefined;
  const freshQueues = async () => {
    await local?.close();
    local = await startLocalQueues(
      queues().map(({ queue, step }) => ({
        queue,
        visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
        maxReceiveCount: 3,
      })),
    );
    return {
      AWS_ENDPOINT_URL_SQS: local.endpoint,
      QUEUE_URL_NIGHTLY_CLUSTER: local.urls["nightly-cluster"]!,
      QUEUE_URL_EMBED: local.urls.embed!,
      QUEUE_URL_CLUSTER: local.urls.cluster!,
    };
  };
  const database = await notesDatabase(server, async (url) => {
    const db = openDatabase({ url, maxConnections: 1 });
    await migrate(db);
    await db.close();
  });
  const provider = await startChild("./provider-process.ts");
  const children = warmChildren(process.env.NODE_OPTIONS_OF_CHILDREN?.split(" "));
  return {
    database,
    provider,
    children,
    freshQueues,
    notes,
    workers,
    fewestRequests: await fewestRequests(notes),
    async close() {
      await children.stop();
      await provider.stop();
      await local?.close();
      await database.drop();
    },
  };
}

/** No packing has fewer requests than all tokens need, nor than all inputs need: OpenAI's two limits. */
async function fewestRequests(notes: SampleNote[]): Promise<number> {
  const countTokens = await loadOpenAiTokenCounter();
  const tokens = notes.reduce((sum, { title, body }) => sum + countTokens(`${title}\n\n${body}`), 0);
  console.log(
    `${notes.length.toLocaleString("en")} notes, ${tokens.toLocaleString("en")} tokens, ${Math.round(tokens / notes.length)} a note`,
  );
  return Math.max(Math.ceil(tokens / 300_000), Math.ceil(notes.length / 2_048));
}

export interface OurNight extends Night {
  requests: number;
  inputs: number;
  mostAtOnce: number;
  restMs: number;
  inRest: number;
  maxRssMb: number;
  cpuMs: number;
  perSecond: number;
}

export async function runBare(
  { database, provider, children }: Bench,
  dimensions: number,
  maxInputs = 2_048,
): Promise<BareFigures> {
  const { url } = await provider.ask<ProviderCounts>({});
  const child = await children.start("./bare-process.ts", {
    DATABASE_URL: database.url,
    PROVIDER_URL: url,
    DIMENSIONS: String(dimensions),
    MAX_INPUTS: String(maxInputs),
  });
  return child.ask<BareFigures>({});
}

interface NightOptions extends ProviderBehaviour {
  dimensions: number;
  requestsInFlight?: number;
  asOf?: string;
}

/** The first night of a process, in which code is still loaded, and the second. */
export type ColdAndWarm = Record<"cold" | "warm", OurNight>;

export async function coldAndWarmNight(bench: Bench, options: NightOptions): Promise<ColdAndWarm> {
  await bench.children.end(NIGHT_PROCESS);
  return { cold: await freshNight(bench, options), warm: await freshNight(bench, options) };
}

export async function freshNight(bench: Bench, options: NightOptions): Promise<OurNight> {
  await bench.database.forgetNights();
  return runNight(bench, options);
}

export async function runNight(
  { database, provider, freshQueues, workers, children }: Bench,
  { dimensions, requestsInFlight = 4, asOf = FIRST_NIGHT, ...behaviour }: NightOptions,
): Promise<OurNight> {
  const { url } = await provider.ask<ProviderCounts>(behaviour satisfies ProviderBehaviour);
  const settings = {
    DATABASE_URL: database.url,
    DATABASE_CONNECTIONS: String(workers + 2),
    AWS_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    NOCTUARY_LOG_FILE: "/dev/null",
    NOCTUARY_EMBEDDER: "openai",
    OPENAI_BASE_URL: url,
    NOCTUARY_DIMENSIONS: String(dimensions),
    NOCTUARY_REQUESTS_IN_FLIGHT: String(requestsInFlight),
    WORKERS: String(workers),
  };
  // Not the queues of the process before it: a message would go to that one's last, waiting receive.
  const child = await children.start(NIGHT_PROCESS, settings, freshQueues);
  const { runId, maxRssMb, cpuMs } = await child.ask<NightFigures>({ asOf } satisfies NightRequest);
  const counts = await provider.ask<ProviderCounts>("count" as never);
  const figures = await database.night(runId);
  return {
    ...figures,
    ...counts,
    maxRssMb,
    cpuMs,
    perSecond: (figures.stored / figures.ms) * 1000,
  };
}
