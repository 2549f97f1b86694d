import type { StackContext } from "sst/constructs";
import { databaseSecret } from "./database.ts";
import { jobFunctions } from "./functions.ts";
import { stepQueues } from "./queues.ts";
import { jobSchedules } from "./schedules.ts";

/**
 * Everything in one CloudFormation stack: it is updated and rolled back as one, and no export ties a queue that was
 * removed to a function that still imports it.
 */
export function deployment({ app, stack }: StackContext): void {
  const secret = databaseSecret(stack);
  const queues = stepQueues(stack, app);
  const functions = jobFunctions(stack, app, queues, secret);
  jobSchedules(stack, app, functions);
  stack.addOutputs({ DatabaseSecret: secret.secretName });
}
