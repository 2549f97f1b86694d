import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Stack } from "sst/constructs";

/**
 * The secret that holds the database's URL as plain text. It is made before the first deploy and is not the stack's:
 * a URL in a template would be readable to everyone who may read templates.
 */
export function databaseSecret(stack: Stack): ISecret {
  return Secret.fromSecretNameV2(stack, "DatabaseSecret", `noctuary/${stack.stage}/database-url`);
}
