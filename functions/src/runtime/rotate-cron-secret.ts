import { randomBytes } from "node:crypto";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import type { Logger } from "@noctuary/core/context";
import { type Settings, SettingsError } from "@noctuary/core/settings";
import * as z from "zod";
import { callLimits } from "./call-limits.ts";

const SECRET_BYTES = 36;
/** The same that a caller's secret must be: what a header can carry in one word. */
const USABLE = /^[\x21-\x7e]{16,512}$/;

/** What Secrets Manager sends, a call a step, and what an operator sends. */
const rotationEvent = z.union([
  z.object({
    Step: z.enum(["createSecret", "setSecret", "testSecret", "finishSecret"]),
    SecretId: z.string().min(1),
    ClientRequestToken: z.string().min(1),
  }),
  z.strictObject({ revoke: z.literal(true) }),
]);

/** What became of it; if nothing, why. */
export type Revocation = { revoked: true } | { revoked: false; why: string };

type Step = Extract<z.output<typeof rotationEvent>, { Step: string }>;

/**
 * Rotates the secret of the manual triggers, step by step as Secrets Manager asks, each of which may be repeated. With
 * `{"revoke": true}` the secret before the last rotation stops being valid.
 *
 * @throws {SettingsError} where `CRON_SECRET_ID` is not set, or for an event that is neither
 */
export async function rotateCronSecret(
  event: unknown,
  { cronSecretId }: Pick<Settings, "cronSecretId">,
  logger: Logger,
): Promise<Revocation | undefined> {
  const parsed = rotationEvent.safeParse(event);
  if (!parsed.success)
    throw new SettingsError('this function takes the steps of Secrets Manager, or {"revoke": true}');
  if (cronSecretId === undefined) throw new SettingsError("CRON_SECRET_ID is not set");
  const client = new SecretsManagerClient({
    requestHandler: callLimits({ requestMs: 5_000, connectMs: 2_000 }),
  });
  try {
    if ("revoke" in parsed.data) {
      const revocation = await revoke(client, cronSecretId);
      logger.warn("previous secret revoked", { revoked: revocation.revoked });
      return revocation;
    }
    await rotate(client, parsed.data);
    logger.info("rotation step done", { step: parsed.data.Step });
    return undefined;
  } finally {
    client.destroy();
  }
}

async function rotate(
  client: SecretsManagerClient,
  { Step, SecretId, ClientRequestToken }: Step,
): Promise<void> {
  switch (Step) {
    case "createSecret":
      if ((await pendingSecret(client, SecretId, ClientRequestToken)) !== undefined) return;
      await client.send(
        new PutSecretValueCommand({
          SecretId,
          ClientRequestToken,
          SecretString: randomBytes(SECRET_BYTES).toString("base64url"),
          VersionStages: ["AWSPENDING"],
        }),
      );
      return;
    case "setSecret":
      return; // nobody else keeps a copy that would have to be told
    case "testSecret": {
      const pending = await pendingSecret(client, SecretId, ClientRequestToken);
      if (pending === undefined || !USABLE.test(pending))
        throw Object.assign(new Error("the new secret cannot be used"), { code: "unusable_secret" });
      return;
    }
    case "finishSecret": {
      const current = await versionWith(client, SecretId, "AWSCURRENT");
      if (current === ClientRequestToken) return;
      // Secrets Manager gives AWSPREVIOUS to the version that AWSCURRENT is taken from.
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId,
          VersionStage: "AWSCURRENT",
          MoveToVersionId: ClientRequestToken,
          RemoveFromVersionId: current,
        }),
      );
    }
  }
}

/**
 * Not while a rotation is under way: what is to be revoked becomes the previous secret with its end only, and would be
 * let in for the whole overlap after it. Said and not thrown: an error of this function is an alarm that a rotation failed.
 */
async function revoke(client: SecretsManagerClient, SecretId: string): Promise<Revocation> {
  const versions = await versionsOf(client, SecretId);
  // A rotation that is through leaves the label on the secret that it made.
  if (versions.some(([, stages]) => stages.includes("AWSPENDING") && !stages.includes("AWSCURRENT"))) {
    return {
      revoked: false,
      why: "a rotation is under way, or was broken off: let it end (docs/runbooks/rotation-failed.md), then revoke",
    };
  }
  const [previous] = versions.find(([, stages]) => stages.includes("AWSPREVIOUS")) ?? [];
  if (previous === undefined) return { revoked: false, why: "there is no secret before the present one" };
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: "AWSPREVIOUS",
      RemoveFromVersionId: previous,
    }),
  );
  return { revoked: true };
}

async function versionWith(
  client: SecretsManagerClient,
  SecretId: string,
  stage: string,
): Promise<string | undefined> {
  return (await versionsOf(client, SecretId)).find(([, stages]) => stages.includes(stage))?.[0];
}

async function versionsOf(
  client: SecretsManagerClient,
  SecretId: string,
): Promise<[id: string, stages: string[]][]> {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }));
  return Object.entries(VersionIdsToStages);
}

async function pendingSecret(
  client: SecretsManagerClient,
  SecretId: string,
  VersionId: string,
): Promise<string | undefined> {
  try {
    const { SecretString } = await client.send(
      new GetSecretValueCommand({ SecretId, VersionId, VersionStage: "AWSPENDING" }),
    );
    return SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
