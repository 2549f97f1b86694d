import { type Context, defaultLimits } from "@noctuary/core/context";
import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { readEnabledJobs } from "@noctuary/core/enabled-jobs";
import { llmFor } from "@noctuary/core/llm/llm-for";
import { resolveSettings, type Settings, SettingsError } from "@noctuary/core/settings";
import { openDatabase } from "@noctuary/db/database";
import { databaseSecret } from "./database-secret.ts";
import { environmentSettings } from "./environment.ts";
import { eventBusFor } from "./event-buses.ts";
import { openLogger } from "./logger.ts";
import { openMetrics } from "./metrics.ts";
import { deployedQueue, sqsClient } from "./sqs-queue.ts";

interface Live {
  settings: Settings;
  /** undefined where DATABASE_URL says it, once and for all. */
  secret: (() => Promise<string>) | undefined;
  /** What was made, and from which URL: another one in the secret means making it again. */
  made?: { databaseUrl: string | undefined; context: Context };
}

let current: Live | undefined;

/**
 * What the handlers work with. Made from the environment once a container, and once more whenever the secret that
 * holds the database's URL has changed.
 *
 * @throws {SettingsError} where settings are missing or wrong, or the secret holds no database URL
 */
export async function context(): Promise<Context> {
  current ??= readEnvironment();
  const live = current;
  const databaseUrl = live.secret === undefined ? live.settings.databaseUrl : await live.secret();
  if (live.made === undefined || live.made.databaseUrl !== databaseUrl) {
    // A container has one invocation at a time, so nobody is on the old connections.
    live.made?.context.db.close().catch(() => {});
    live.made = { databaseUrl, context: contextFrom({ ...live.settings, databaseUrl }) };
  }
  return live.made.context;
}

function readEnvironment(): Live {
  const { settings } = resolveSettings([environmentSettings()]);
  const { databaseUrl, databaseSecretId } = settings;
  return {
    settings,
    secret:
      databaseUrl === undefined && databaseSecretId !== undefined
        ? databaseSecret(databaseSecretId)
        : undefined,
  };
}

/** Ends the connections; the next call of `context` reads the environment again. */
export async function closeContext(): Promise<void> {
  const closing = current;
  current = undefined;
  await closing?.made?.context.db.close();
}

export function contextFrom(settings: Settings): Context {
  const { databaseUrl, databaseCa, databaseConnections } = settings;
  if (databaseUrl === undefined)
    throw new SettingsError("neither DATABASE_URL nor DATABASE_SECRET_ID is set");
  return {
    db: openDatabase({
      url: databaseUrl,
      maxConnections: databaseConnections,
      ...(databaseCa === undefined ? {} : { certificateAuthority: databaseCa }),
    }),
    queue: deployedQueue(sqsClient(), settings),
    embedder: embedderFor(settings),
    llm: llmFor(settings),
    logger: openLogger(settings),
    metrics: openMetrics(settings),
    events: eventBusFor(settings),
    enabledJobs: readEnabledJobs(settings.enabledJobs),
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
    },
  };
}
