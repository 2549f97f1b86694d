import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { SettingsError } from "@noctuary/core/settings";
import { keptSecret } from "./kept-secret.ts";
import { withSecretsManager } from "./secrets-manager.ts";

/**
 * Reads a provider's key from Secrets Manager at run time, and again after 60 s, so that it can be replaced without a
 * deploy.
 *
 * @param secretId name or ARN
 * @returns what gives the key. It throws {@link SettingsError} where the secret is empty, and the SDK's own error where
 *   it cannot be read
 */
export function providerSecret(secretId: string, now: () => number = Date.now): () => Promise<string> {
  return keptSecret(async () => {
    const text = await withSecretsManager(
      async (versionOf) => (await versionOf(secretId, "AWSCURRENT"))?.text,
    );
    const key = settingDefinitions.openaiApiKey.schema.safeParse(text?.trim());
    if (key.success && key.data !== undefined) return key.data;
    throw new SettingsError(`the secret ${secretId} must hold the provider's key as plain text`);
  }, now).get;
}
