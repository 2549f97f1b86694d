import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { SettingsError } from "@noctuary/core/settings";
import * as z from "zod";
import { keptSecret } from "./kept-secret.ts";
import { withSecretsManager } from "./secrets-manager.ts";

/** How RDS writes a secret of its own, and how the stack writes those of the logins that it makes. */
const rdsSecret = z.object({
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  dbname: z.string().min(1).default("postgres"),
  username: z.string().min(1),
  password: z.string().min(1),
});

export type DatabaseCredentials = z.output<typeof rdsSecret>;

/**
 * Reads a database URL from Secrets Manager at run time, so that it stands in no environment variable and can be
 * replaced without a deploy. What was read is kept for 60 s at most; calls at the same time share one request.
 *
 * @param secretId name or ARN; its text is a URL, or JSON as RDS writes it
 * @param now milliseconds since the epoch
 * @returns what gives the URL. It throws {@link SettingsError} where the secret holds none, and the SDK's own error
 *   where the secret cannot be read; neither holds any of its text.
 */
export function databaseSecret(secretId: string, now: () => number = Date.now): () => Promise<string> {
  return keptSecret(() => readUrl(secretId), now).get;
}

async function readUrl(secretId: string): Promise<string> {
  const text = await readText(secretId);
  const credentials = credentialsIn(text);
  if (credentials !== undefined) return urlOf(credentials);
  const url = settingDefinitions.databaseUrl.schema.safeParse(text);
  if (url.success && url.data !== undefined) return url.data;
  throw new SettingsError(
    `the secret ${secretId} must hold a database URL that begins with postgres:// or postgresql://`,
  );
}

/** The user and the password of a secret that is JSON as RDS writes it. @throws {SettingsError} where it is not */
export async function databaseCredentials(secretId: string): Promise<DatabaseCredentials> {
  const credentials = credentialsIn(await readText(secretId));
  if (credentials !== undefined) return credentials;
  throw new SettingsError(`the secret ${secretId} must be JSON with host, username and password`);
}

async function readText(secretId: string): Promise<string> {
  const text = await withSecretsManager(async (versionOf) => (await versionOf(secretId, "AWSCURRENT"))?.text);
  return text?.trim() ?? ""; // a secret that was written from a file ends in a line break
}

function credentialsIn(text: string): DatabaseCredentials | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return rdsSecret.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** RDS has a certificate: it is checked, name included. */
function urlOf({ host, port, dbname, username, password }: DatabaseCredentials): string {
  const [user, secret, database] = [username, password, dbname].map(encodeURIComponent);
  return `postgres://${user}:${secret}@${host}:${port}/${database}?sslmode=verify-full`;
}
