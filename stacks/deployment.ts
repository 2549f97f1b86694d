import type { App, StackContext } from "sst/constructs";
import { cronApi } from "./api.ts";
import { configurationOf, type StageConfiguration, type StageInput } from "./configuration.ts";
import { checkConnections } from "./connections.ts";
import { cronSecret } from "./cron-secret.ts";
import { externalDatabase } from "./database.ts";
import { jobFunctions } from "./functions.ts";
import { idOf, type Surroundings } from "./lambda.ts";
import { migrations } from "./migrations.ts";
import { observability } from "./observability.ts";
import { stepQueues } from "./queues.ts";
import { rdsDatabase } from "./rds.ts";
import { jobSchedules } from "./schedules.ts";

/**
 * Everything in one CloudFormation stack: it is updated and rolled back as one, and no export ties a queue that was
 * removed to a function that still imports it.
 *
 * @throws {ConfigurationError} where the stage's name or its values are wrong
 */
export async function deploy(app: App, stages: Readonly<Record<string, StageInput>>): Promise<void> {
  const configuration = configurationOf(app.stage, stages);
  checkConnections(configuration);
  // In production the constructs' own policies stand: what holds data or logs outlives the stack. Not "retain" for
  // everything, which would leave schedules and event source mappings at work after they were removed.
  if (app.stage !== "production") app.setDefaultRemovalPolicy("destroy");
  await app.stack((context: StackContext) => jobsStack(context, configuration), { id: "Jobs" });
}

function jobsStack({ app, stack }: StackContext, configuration: StageConfiguration): void {
  const database =
    configuration.database.kind === "rds"
      ? rdsDatabase(stack, configuration.database)
      : externalDatabase(stack, configuration.database);
  const queues = stepQueues(stack, app);
  const where: Surroundings = { app, stack, configuration, database, queues };
  const functions = jobFunctions(where);
  const secret = cronSecret(where);
  const api = cronApi(where, secret);
  jobSchedules(where, functions);
  observability(stack, app, configuration, database.instance?.instanceIdentifier ?? null);
  // A developer's database under `sst dev` is one that AWS may not reach: there `noctuary migrate` does it.
  if (app.mode !== "dev") {
    const migration = migrations(where);
    const { orchestrators, workers, reconciler } = functions;
    for (const made of [...orchestrators.values(), ...workers.values(), reconciler, api.handler]) {
      made.node.addDependency(migration);
    }
  }
  stack.addOutputs({
    DatabaseSecret: idOf(database.secrets.users),
    CronSecret: idOf(secret),
    ApiId: api.restApi.restApiId,
    ApiUrl: `${api.restApi.url}api/cron`,
  });
}
