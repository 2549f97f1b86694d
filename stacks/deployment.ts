import type { App, StackContext } from "sst/constructs";
import { configurationOf, type StageInput } from "./configuration.ts";
import { databaseSecret } from "./database.ts";
import { jobFunctions } from "./functions.ts";
import { stepQueues } from "./queues.ts";
import { jobSchedules } from "./schedules.ts";

/**
 * Everything in one CloudFormation stack: it is updated and rolled back as one, and no export ties a queue that was
 * removed to a function that still imports it.
 *
 * @throws {ConfigurationError} where the stage's name or its values are wrong
 */
export async function deploy(app: App, stages: Readonly<Record<string, StageInput>>): Promise<void> {
  const configuration = configurationOf(app.stage, stages);
  // In production the constructs' own policies stand: what holds data or logs outlives the stack. Not "retain" for
  // everything, which would leave schedules and event source mappings at work after they were removed.
  if (app.stage !== "production") app.setDefaultRemovalPolicy("destroy");
  await app.stack(
    function Jobs({ stack }: StackContext) {
      const secret = databaseSecret(stack);
      const queues = stepQueues(stack, app);
      const functions = jobFunctions(stack, app, configuration, queues, secret);
      jobSchedules(stack, app, configuration, functions);
      stack.addOutputs({ DatabaseSecret: secret.secretName });
    },
    { id: "Jobs" },
  );
}
