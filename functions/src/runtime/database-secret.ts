import { SettingsError, settingDefinitions } from "@noctuary/core/settings";
import { keptSecret } from "./kept-secret.ts";
import { withSecretsManager } from "./secrets-manager.ts";

/**
 * Reads a database URL from Secrets Manager at run time, so that it stands in no environment variable and can be
 * replaced without a deploy. What was read is kept for 60 s at most; calls at the same time share one request.
 *
 * @param secretId name or ARN
 * @param now milliseconds since the epoch
 * @returns what gives the URL. It throws {@link SettingsError} where the secret holds none, and the SDK's own error
 *   where the secret cannot be read; neither holds any of its text.
 */
export function databaseSecret(secretId: string, now: () => number = Date.now): () => Promise<string> {
  return keptSecret(() => readUrl(secretId), now).get;
}

async function readUrl(secretId: string): Promise<string> {
  const text = await withSecretsManager(async (versionOf) => (await versionOf(secretId, "AWSCURRENT"))?.text);
  // A secret that was written from a file ends in a line break.
  const url = settingDefinitions.databaseUrl.schema.safeParse(text?.trim());
  if (url.success && url.data !== undefined) return url.data;
  throw new SettingsError(
    `the secret ${secretId} must hold a database URL that begins with postgres:// or postgresql://`,
  );
}
