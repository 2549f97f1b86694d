import { callLimits } from "./call-limits.ts";

/** One version of a secret. */
export interface SecretVersion {
  text: string;
  createdAt: Date;
}

export type SecretStage = "AWSCURRENT" | "AWSPREVIOUS";

/**
 * Lends a way to read secrets from Secrets Manager.
 *
 * `versionOf` answers undefined where the secret exists and has no version of that stage, as before the first rotation
 * or once the former version was revoked; the SDK's own error otherwise, which holds nothing of a secret.
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
        throw error;
      }
    });
  } finally {
    client.destroy();
  }
}
