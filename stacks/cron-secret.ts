import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnRotationSchedule, type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { idOf, lambda, type Surroundings } from "./lambda.ts";

const SECRET_CHARACTERS = 48;
const ROTATION_TIMEOUT_SECONDS = 30;
const ROTATION_MB = 256;

/**
 * The secret that opens the manual triggers: made here and rotated, or one that another manager keeps. The function that
 * rotates it also revokes the one before; it is there even where nothing rotates by itself.
 */
export function cronSecret(where: Surroundings): ISecret {
  const { stack, configuration } = where;
  const { existing, rotateEveryDays } = configuration.cronSecret;
  if (existing !== undefined) return Secret.fromSecretNameV2(stack, "CronSecret", existing);
  const secret: ISecret = new Secret(stack, "CronSecret", {
    secretName: `noctuary/${stack.stage}/cron-secret`,
    description: "Opens POST /api/cron/*",
    generateSecretString: { passwordLength: SECRET_CHARACTERS, excludePunctuation: true },
  }) as ISecret;
  const rotation = lambda(where, "rotate-cron-secret", {
    handler: "functions/src/rotate-cron-secret.handler",
    timeoutSeconds: ROTATION_TIMEOUT_SECONDS,
    memoryMb: ROTATION_MB,
    environment: { [settingDefinitions.cronSecretId.env]: idOf(secret) },
    grants: [
      new PolicyStatement({
        actions: [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ],
        resources: [secret.secretArn],
      }),
    ],
    retryAttempts: 0, // Secrets Manager repeats a step that failed by itself
  });
  rotation.addPermission("SecretsManager", {
    principal: new ServicePrincipal("secretsmanager.amazonaws.com"),
    sourceAccount: stack.account,
  });
  if (rotateEveryDays !== null) {
    const schedule = new CfnRotationSchedule(stack, "CronSecretRotation", {
      secretId: secret.secretArn,
      rotationLambdaArn: rotation.functionArn,
      rotationRules: { automaticallyAfterDays: rotateEveryDays },
      // The first deploy has just made it, and whoever calls reads it then.
      rotateImmediatelyOnUpdate: false,
    });
    schedule.node.addDependency(rotation); // its permission: Secrets Manager tries the function at once
  }
  return secret;
}
