import type { PlanStep, StepLimits, UserStep } from "@noctuary/core/job";
import { jobs } from "@noctuary/core/jobs";
import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as SstFunction } from "sst/constructs";
import { atOnce, orchestratorsAtOnce, RECONCILER_ROUNDS_AT_ONCE } from "./connections.ts";
import {
  EVENT_BUS,
  type LambdaProps,
  lambda,
  mayPutEvents,
  maySend,
  queueUrls,
  type Surroundings,
} from "./lambda.ts";
import { providerAccess } from "./provider.ts";
import type { StepQueues } from "./queues.ts";

export interface JobFunctions {
  /** By the job's slug. */
  orchestrators: ReadonlyMap<string, SstFunction>;
  /** By the name of the queue that feeds them. */
  workers: ReadonlyMap<string, SstFunction>;
  reconciler: SstFunction;
}

/*
 * Memory, by rule: half as much again as the largest resident memory that a benchmark has seen of it, and never less than
 * a whole vCPU for what computes, which Lambda gives from 1,769 MB on: below, a step takes longer for the same money.
 * Clustering 100,000 notes took 967 MB, embedding 471 (docs/benchmarks.md); a plan over a million notes 283, and what
 * merely waits for the database less.
 */
const ONE_CPU_MB = 1_769;
export const WAITING_MB = 512;
const RECONCILER_TIMEOUT_SECONDS = 120;
/** Asked for at run time by steps that call a provider: planners and the reconciler are deployed without, for 0.5 MB less. */
export const PROVIDER_PACKAGE = "openai";
/** Token ranks of 1 MB, which only the step that embeds counts with. */
export const TOKENIZER_PACKAGE = "gpt-tokenizer";

/** The one plan that reads what users own, for it compares their notes. The others count users: the ledger's login will do. */
const PLAN_OVER_NOTES = "nightly-cluster";

/** An orchestrator a job, a worker a step, each fed by its step's queue, and the reconciler. */
export function jobFunctions(where: Surroundings): JobFunctions {
  const { stack, queues } = where;
  const common = {
    environment: { ...queueUrls(queues), [settingDefinitions.eventBus.env]: EVENT_BUS },
    grants: [maySend(queues), mayPutEvents(stack)],
  };
  const provider = providerAccess(where);
  const stepFunction = (
    { queue, limits }: PlanStep | UserStep,
    props: Omit<LambdaProps, "timeoutSeconds">,
  ) => {
    const made = lambda(where, queue, {
      ...common,
      ...props,
      timeoutSeconds: limits.timeoutMs / 1000,
    });
    feed(made, queue, queues, limits);
    return made;
  };

  const orchestrators = new Map<string, SstFunction>();
  const workers = new Map<string, SstFunction>();
  for (const job of jobs) {
    const orchestrator = stepFunction(job.plan, {
      handler: `functions/src/${job.slug}/orchestrator.handler`,
      memoryMb: WAITING_MB,
      database: job.slug === PLAN_OVER_NOTES ? "users" : "ledger",
      leftOut: [PROVIDER_PACKAGE, TOKENIZER_PACKAGE],
      reservedConcurrency: orchestratorsAtOnce(job.plan.limits.maximumConcurrency),
    });
    orchestrators.set(job.slug, orchestrator);
    for (const step of job.steps) {
      const worker = stepFunction(step, {
        handler: `functions/src/${job.slug}/${step.slug}.handler`,
        memoryMb: ONE_CPU_MB,
        database: "users",
        leftOut: step.slug === "embed" ? [] : [TOKENIZER_PACKAGE],
        environment: { ...common.environment, ...provider.environment },
        grants: [...common.grants, ...provider.grants],
      });
      workers.set(step.queue, worker);
    }
  }
  const reconciler = lambda(where, "reconciler", {
    ...common,
    handler: "functions/src/reconciler.handler",
    timeoutSeconds: RECONCILER_TIMEOUT_SECONDS,
    memoryMb: WAITING_MB,
    database: "ledger",
    leftOut: [PROVIDER_PACKAGE, TOKENIZER_PACKAGE],
    reservedConcurrency: RECONCILER_ROUNDS_AT_ONCE,
    retryAttempts: 0, // the next round is the retry
  });
  return { orchestrators, workers, reconciler };
}

function feed(
  made: SstFunction,
  queue: string,
  queues: StepQueues,
  { maximumConcurrency, messagesAtOnce }: StepLimits,
): void {
  const { queueArn } = queues.get(queue)!;
  made.addToRolePolicy(
    new PolicyStatement({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [queueArn],
    }),
  );
  made.addEventSourceMapping("queue", {
    eventSourceArn: queueArn,
    batchSize: messagesAtOnce,
    reportBatchItemFailures: true,
    maxConcurrency: atOnce(maximumConcurrency),
  });
}
