import { SettingsError } from "@noctuary/core/settings";
import { callLimits } from "./call-limits.ts";

/** One version of a secret. */
export interface SecretVersion {
  text: string;
  createdAt: Date;
}

export type SecretStage = "AWSCURRENT" | "AWSPREVIOUS";

/**
 * A secret that is named and not there is denied rather than not found: the grant is for an ARN whose last six characters
 * only a secret that exists has.
 */
const NOT_THERE: ReadonlySet<string> = new Set(["ResourceNotFoundException", "AccessDeniedException"]);

/**
 * Lends a way to read secrets from Secrets Manager.
 *
 * `versionOf` answers undefined where the secret exists and has no version of that stage, as before the first rotation
 * or once the former version was revoked. It throws {@link SettingsError} where nobody has put the secret there, and
 * the SDK's own error, which holds nothing of a secret, where it cannot be read.
 */
export async function withSecretsManager<T>(
  read: (versionOf: (id: string, stage: SecretStage) => Promise<SecretVersion | undefined>) => Promise<T>,
): Promise<T> {
  // Loaded only here: on one machine there is no secret to read, and loading the client takes longer than the rest.
  const { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } = await import(
    "@aws-sdk/client-secrets-manager"
  );
  const client = new SecretsManagerClient({
    requestHandler: callLimits({ requestMs: 5_000, connectMs: 2_000 }),
  });
  try {
    return await read(async (id, stage) => {
      try {
        const { SecretString, CreatedDate } = await client.send(
          new GetSecretValueCommand({ SecretId: id, VersionStage: stage }),
        );
        return { text: SecretString ?? "", createdAt: CreatedDate ?? new Date(0) };
      } catch (error) {
        if (stage === "AWSPREVIOUS" && error instanceof ResourceNotFoundException) return undefined;
        const { name } = error as Error;
        if (!NOT_THERE.has(name)) throw error;
        throw new SettingsError(
          `there is no secret ${id} that may be read (${name}): create it, with its value as plain text`,
        );
      }
    });
  } finally {
    client.destroy();
  }
}
