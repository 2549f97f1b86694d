import type { PlanStep, UserStep } from "@noctuary/core/job";
import { jobs } from "@noctuary/core/jobs";
import { queueUrlVariable, settingDefinitions } from "@noctuary/core/settings";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { type App, type FunctionProps, Function as SstFunction, type Stack } from "sst/constructs";
import type { StageConfiguration } from "./configuration.ts";
import { chosenSettings } from "./environment.ts";
import type { StepQueues } from "./queues.ts";

export interface JobFunctions {
  /** By the job's slug. */
  orchestrators: ReadonlyMap<string, SstFunction>;
  reconciler: SstFunction;
}

/** Lambda gives a whole vCPU from 1,769 MB on: below it a step that computes takes longer for the same money. */
const ONE_CPU_MB = 1_769;
/** A plan and the reconciler wait for the database most of the time. */
const WAITING_MB = 512;
const RECONCILER_TIMEOUT_SECONDS = 120;
/** Asked for at run time by steps that call a provider: planners and the reconciler are deployed without, for 0.5 MB less. */
const PROVIDER_PACKAGE = "openai";
/** Token ranks of 1 MB, which only the step that embeds counts with. */
const TOKENIZER_PACKAGE = "gpt-tokenizer";
/** The account's own bus: `insight.ready` of the source `noctuary` is heard there. */
const EVENT_BUS = "default";
/** The least that an event source mapping takes. */
const LEAST_CONCURRENCY = 2;

/** An orchestrator a job, a worker a step, each fed by its step's queue, and the reconciler. */
export function jobFunctions(
  stack: Stack,
  app: App,
  configuration: StageConfiguration,
  queues: StepQueues,
  secret: ISecret,
): JobFunctions {
  const define = (name: string, props: FunctionProps) =>
    jobFunction(stack, app.logicalPrefixedName(name), name, props, configuration, queues, secret);

  const stepFunction = (file: string, { queue, limits }: PlanStep | UserStep, memorySize: number) => {
    const made = define(queue, {
      handler: `functions/src/${file}.handler`,
      timeout: limits.timeoutMs / 1000,
      memorySize,
    });
    feed(made, queue, queues, limits.maximumConcurrency);
    return made;
  };

  const orchestrators = new Map<string, SstFunction>();
  for (const job of jobs) {
    orchestrators.set(job.slug, stepFunction(`${job.slug}/orchestrator`, job.plan, WAITING_MB));
    for (const step of job.steps) stepFunction(`${job.slug}/${step.slug}`, step, ONE_CPU_MB);
  }
  const reconciler = define("reconciler", {
    handler: "functions/src/reconciler.handler",
    timeout: RECONCILER_TIMEOUT_SECONDS,
    memorySize: WAITING_MB,
    retryAttempts: 0, // the next round is the retry
  });
  return { orchestrators, reconciler };
}

function jobFunction(
  stack: Stack,
  functionName: string,
  name: string,
  props: FunctionProps,
  configuration: StageConfiguration,
  queues: StepQueues,
  secret: ISecret,
): SstFunction {
  return new SstFunction(stack, `${name}-function`, {
    ...props,
    functionName,
    runtime: "nodejs24.x",
    architecture: "arm_64",
    tracing: "disabled",
    nodejs: {
      format: "esm",
      minify: true,
      // Logs hold class and code of an error and no stack, so nobody would read a source map.
      sourcemap: false,
      // pg asks for it only where `pg.native` is read. Unless it is named here, SST installs whatever version is the
      // newest, with its native dependencies, into each bundle.
      esbuild: { external: ["pg-native", ...packagesLeftOut(name)] },
    },
    logGroup: new LogGroup(stack, `${name}-logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: configuration.logs.retentionDays,
    }),
    environment: {
      ...chosenSettings(configuration),
      [settingDefinitions.databaseSecretId.env]: secret.secretName,
      [settingDefinitions.databaseConnections.env]: "1",
      [settingDefinitions.eventBus.env]: EVENT_BUS,
      ...Object.fromEntries([...queues].map(([queue, { queueUrl }]) => [queueUrlVariable(queue), queueUrl])),
    },
    initialPolicy: [
      // To every step's queue: whoever sends the outbox sends what any step has put there.
      new PolicyStatement({
        actions: ["sqs:SendMessage"],
        resources: [...queues.values()].map(({ queueArn }) => queueArn),
      }),
      // Whoever ends a task puts the events that any task has left.
      new PolicyStatement({
        actions: ["events:PutEvents"],
        resources: [stack.formatArn({ service: "events", resource: "event-bus", resourceName: EVENT_BUS })],
        conditions: { StringEquals: { "events:source": "noctuary" } },
      }),
      new PolicyStatement({
        actions: ["secretsmanager:GetSecretValue"],
        // Secrets Manager ends an ARN with a hyphen and six characters of its own.
        resources: [`${secret.secretArn}-??????`],
      }),
    ],
  });
}

function packagesLeftOut(queue: string): string[] {
  const step = jobs.flatMap((job) => job.steps).find((step) => step.queue === queue);
  if (step === undefined) return [PROVIDER_PACKAGE, TOKENIZER_PACKAGE];
  return step.slug === "embed" ? [] : [TOKENIZER_PACKAGE];
}

/** One message at a time: a task is a batch of notes already, and its lease is as long as one task needs. */
function feed(made: SstFunction, queue: string, queues: StepQueues, maximumConcurrency: number): void {
  const { queueArn } = queues.get(queue)!;
  made.addToRolePolicy(
    new PolicyStatement({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queueArn],
    }),
  );
  made.addEventSourceMapping("queue", {
    eventSourceArn: queueArn,
    batchSize: 1,
    reportBatchItemFailures: true,
    maxConcurrency: Math.max(maximumConcurrency, LEAST_CONCURRENCY),
  });
}
