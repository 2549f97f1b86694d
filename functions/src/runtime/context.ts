import { type Context, defaultLimits } from "@noctuary/core/context";
import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { readEnabledJobs } from "@noctuary/core/enabled-jobs";
import { llmFor } from "@noctuary/core/llm/llm-for";
import { sharedPolicies } from "@noctuary/core/provider/policy-source";
import { budgetLimitsIn, resolveSettings, type Settings, SettingsError } from "@noctuary/core/settings";
import { openDatabase } from "@noctuary/db/database";
import { databaseSecret } from "./database-secret.ts";
import { environmentSettings } from "./environment.ts";
import { eventBusFor } from "./event-buses.ts";
import { openLogger } from "./logger.ts";
import { openMetrics } from "./metrics.ts";
import { providerSecret } from "./provider-secret.ts";
import { deployedQueue, type SendBatch, sendBySdk, sqsClient } from "./sqs-queue.ts";

/** After so long without an invocation, what stands between may have dropped a connection without a word: a NAT after 350 s. */
const MAX_IDLE_MS = 300_000;

interface Live {
  settings: Settings;
  secrets: SecretSetting[];
  /** What was made, and from which secrets: another text in one of them means making it again. */
  made?: { texts: string; context: Context };
  usedAtMs: number;
}

/** A setting whose value stands in a secret store. */
interface SecretSetting {
  name: "databaseUrl" | "openaiApiKey" | "llmApiKey";
  read: () => Promise<string>;
}

let current: Live | undefined;
let otherSender: SendBatch | undefined;

/** Where the handlers run on one machine, its queues may be sent to otherwise than by the SDK: until `closeContext`. */
export function sendThrough(sender: SendBatch): void {
  otherSender = sender;
}

/**
 * What the handlers work with. Made from the environment once a container, once more whenever a secret of it has
 * changed, and where the container was idle for so long that nobody knows whether its connections still stand.
 *
 * @throws {SettingsError} where settings are missing or wrong, or the secret holds no database URL
 */
export async function context(): Promise<Context> {
  current ??= readEnvironment();
  const live = current;
  const values = await Promise.all(live.secrets.map(async ({ name, read }) => [name, await read()] as const));
  const texts = JSON.stringify(values);
  const idleMs = Math.abs(Date.now() - live.usedAtMs);
  live.usedAtMs = Date.now();
  if (live.made === undefined || live.made.texts !== texts || idleMs > MAX_IDLE_MS) {
    // A container has one invocation at a time, so nobody is on the old connections.
    live.made?.context.db.close().catch(() => {});
    live.made = { texts, context: contextFrom({ ...live.settings, ...Object.fromEntries(values) }) };
  }
  return live.made.context;
}

function readEnvironment(): Live {
  const { settings } = resolveSettings([environmentSettings()]);
  const { databaseSecretId, openaiSecretId, llmSecretId } = settings;
  const secrets: SecretSetting[] = [];
  // A value that stands in the environment goes before the secret, which is then not read.
  const from = (
    name: SecretSetting["name"],
    id: string | undefined,
    source: (id: string) => () => Promise<string>,
  ) => {
    if (settings[name] === undefined && id !== undefined) secrets.push({ name, read: source(id) });
  };
  from("databaseUrl", databaseSecretId, databaseSecret);
  from("openaiApiKey", openaiSecretId, providerSecret);
  from("llmApiKey", llmSecretId, providerSecret);
  return { settings, secrets, usedAtMs: Date.now() };
}

/** Ends the connections; the next call of `context` reads the environment again. */
export async function closeContext(): Promise<void> {
  const closing = current;
  current = undefined;
  otherSender = undefined;
  await closing?.made?.context.db.close();
}

export function contextFrom(settings: Settings): Context {
  const { databaseUrl, databaseCa, databaseConnections } = settings;
  if (databaseUrl === undefined)
    throw new SettingsError("neither DATABASE_URL nor DATABASE_SECRET_ID is set");
  const db = openDatabase({
    url: databaseUrl,
    maxConnections: databaseConnections,
    ...(databaseCa === undefined ? {} : { certificateAuthority: databaseCa }),
  });
  const policies = sharedPolicies(db);
  return {
    db,
    queue: deployedQueue(otherSender ?? sendBySdk(sqsClient()), settings),
    embedder: embedderFor(settings, policies),
    llm: llmFor(settings, policies),
    logger: openLogger(settings),
    metrics: openMetrics(settings),
    events: eventBusFor(settings),
    enabledJobs: readEnabledJobs(settings.enabledJobs),
    budgets: budgetLimitsIn(settings),
    limits: {
      ...defaultLimits,
      embedBatchNotes: settings.embedBatchNotes,
      planPageNotes: settings.planPageNotes,
      retryBaseMs: settings.retryBaseMs,
      resendAfterMs: settings.resendAfterMs,
      gaugesEveryMs: settings.gaugesEveryMs,
      providerWaitMs: settings.providerWaitMs,
      clusterWaitMs: settings.clusterWaitMs,
      stacksPerNight: settings.stacksPerNight,
      retentionDays: settings.retentionDays,
    },
  };
}
