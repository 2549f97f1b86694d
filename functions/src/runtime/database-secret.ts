import { SettingsError, settingDefinitions } from "@noctuary/core/settings";

/** How long a URL that was replaced may still be used. */
const MAX_AGE_MS = 60_000;

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
  let last: { readAt: number; url: Promise<string> } | undefined;
  return () => {
    // The absolute difference: a container that was frozen may find its clock set back.
    if (last === undefined || Math.abs(now() - last.readAt) >= MAX_AGE_MS) {
      const url = readUrl(secretId);
      last = { readAt: now(), url };
      url.catch(() => {
        if (last?.url === url) last = undefined;
      });
    }
    return last.url;
  };
}

async function readUrl(secretId: string): Promise<string> {
  // Loaded only here: on one machine there is no secret to read, and loading the client takes longer than the rest.
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({
    requestHandler: { requestTimeout: 5_000, connectionTimeout: 2_000 },
  });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    // A secret that was written from a file ends in a line break.
    const url = settingDefinitions.databaseUrl.schema.safeParse(SecretString?.trim());
    if (url.success && url.data !== undefined) return url.data;
  } finally {
    client.destroy();
  }
  throw new SettingsError(
    `the secret ${secretId} must hold a database URL that begins with postgres:// or postgresql://`,
  );
}
