import { SQSClient } from "@aws-sdk/client-sqs";
import { type Context, defaultLimits } from "@noctuary/core/context";
import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { queueUrlOf, resolveSettings, type Settings, SettingsError } from "@noctuary/core/settings";
import { openDatabase } from "@noctuary/db/database";
import { environmentSettings } from "./environment.ts";
import { openLogger } from "./logger.ts";
import { sqsQueue } from "./sqs-queue.ts";

let current: Context | undefined;

/** What the handlers work with, made from the environment once a container. @throws {SettingsError} */
export function context(): Context {
  current ??= contextFrom(resolveSettings([environmentSettings()]).settings);
  return current;
}

/** Ends the connections; the next call of `context` reads the environment again. */
export async function closeContext(): Promise<void> {
  const closing = current;
  current = undefined;
  await closing?.db.close();
}

export function contextFrom(settings: Settings): Context {
  const { databaseUrl, databaseCa, databaseConnections } = settings;
  if (databaseUrl === undefined) throw new SettingsError("DATABASE_URL is not set");
  const client = new SQSClient({ requestHandler: { requestTimeout: 10_000, connectionTimeout: 5_000 } });
  return {
    db: openDatabase({
      url: databaseUrl,
      maxConnections: databaseConnections,
      ...(databaseCa === undefined ? {} : { certificateAuthority: databaseCa }),
    }),
    queue: sqsQueue(client, (queue) => queueUrlOf(settings, queue)),
    embedder: embedderFor(settings),
    logger: openLogger(settings),
    limits: {
      ...defaultLimits,
      embedBatchNotes: settings.embedBatchNotes,
      planPageNotes: settings.planPageNotes,
      retryBaseMs: settings.retryBaseMs,
      resendAfterMs: settings.resendAfterMs,
    },
  };
}
