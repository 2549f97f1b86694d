import { readFileSync } from "node:fs";
import { jobs, queues } from "@noctuary/core/jobs";
import { startEvent } from "@noctuary/functions/runtime/orchestrator";
import { describe, expect, inject, test } from "vitest";
import { type Resource, resourcesOf, target } from "./synthesis.ts";

const { dev, production, withRds, underSstDev } = inject("syntheses");

/** The resource whose physical name is the stage's and the app's, and this. */
function named(type: string, property: string, name: string, prefix = "dev-noctuary-"): Resource {
  const found = resourcesOf(dev, type).filter(
    ({ properties }) => properties[property] === `${prefix}${name}`,
  );
  expect(found, `${type} ${name}`).toHaveLength(1);
  return found[0]!;
}

const queueNamed = (name: string) => named("AWS::SQS::Queue", "QueueName", name);
const functionNamed = (name: string) => named("AWS::Lambda::Function", "FunctionName", name);
const ourFunctions = () =>
  resourcesOf(dev, "AWS::Lambda::Function").filter(({ properties }) => "FunctionName" in properties);
const cronSecret = () => named("AWS::SecretsManager::Secret", "Name", "cron-secret", "noctuary/dev/");
const nameOfQueue = (value: unknown): string | undefined =>
  resourcesOf(dev, "AWS::SQS::Queue").find(({ id }) => id === target(value))?.properties.QueueName;

describe("queues", () => {
  test.each(queues())(
    "$queue stays invisible longer than its lease, and the lease outlives the function",
    ({ queue, step }) => {
      const { VisibilityTimeout } = queueNamed(queue).properties;
      const { Timeout } = functionNamed(queue).properties;
      expect(VisibilityTimeout * 1000).toBeGreaterThan(step.limits.leaseMs);
      expect(step.limits.leaseMs).toBeGreaterThan(Timeout * 1000);
      expect(Timeout * 1000).toBe(step.limits.timeoutMs);
    },
  );

  test.each(queues())("$queue hands what fails three times to a DLQ of its own", ({ queue }) => {
    const { RedrivePolicy } = queueNamed(queue).properties;
    expect(RedrivePolicy.maxReceiveCount).toBe(3);
    expect(nameOfQueue(RedrivePolicy.deadLetterTargetArn)).toBe(`dev-noctuary-${queue}-dlq`);
    expect(queueNamed(`${queue}-dlq`).properties.MessageRetentionPeriod).toBe(14 * 86_400);
  });

  test("every queue is encrypted and refuses plain HTTP", () => {
    const policies = resourcesOf(dev, "AWS::SQS::QueuePolicy");
    const all = resourcesOf(dev, "AWS::SQS::Queue");
    expect(all.length).toBe(2 * queues().length + jobs.length);
    for (const { id, properties } of all) {
      expect(properties.SqsManagedSseEnabled, id).toBe(true);
      const statements = policies
        .filter((policy) => policy.properties.Queues.some((queue: unknown) => target(queue) === id))
        .flatMap((policy) => policy.properties.PolicyDocument.Statement);
      expect(statements, id).toContainEqual(
        expect.objectContaining({
          Effect: "Deny",
          Principal: { AWS: "*" },
          Action: "sqs:*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      );
    }
  });
});

describe("functions", () => {
  test("each step's function is fed by its queue alone, with as many messages as it takes at once, and reports what failed", () => {
    const mappings = resourcesOf(dev, "AWS::Lambda::EventSourceMapping");
    expect(mappings).toHaveLength(queues().length);
    for (const { queue, step } of queues()) {
      const { id } = functionNamed(queue);
      const [mapping] = mappings.filter(({ properties }) => target(properties.FunctionName) === id);
      expect(nameOfQueue(mapping!.properties.EventSourceArn)).toBe(`dev-noctuary-${queue}`);
      // A task that may take minutes is alone; the embeds of most users take milliseconds.
      expect(mapping!.properties.BatchSize).toBe(step.slug === "embed" ? 10 : 1);
      expect(mapping!.properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
      // Two is the least that Lambda takes.
      expect(mapping!.properties.ScalingConfig.MaximumConcurrency).toBe(
        Math.max(2, step.limits.maximumConcurrency),
      );
    }
  });

  test("all run on Node 24 with the handler that their job names", () => {
    expect(
      ourFunctions().map(({ properties }) => [
        properties.FunctionName.replace("dev-noctuary-", ""),
        properties.Handler,
        properties.Runtime,
      ]),
    ).toEqual([
      ["nightly-cluster", "functions/src/nightly-cluster/orchestrator.handler", "nodejs24.x"],
      ["embed", "functions/src/nightly-cluster/embed.handler", "nodejs24.x"],
      ["cluster", "functions/src/nightly-cluster/cluster.handler", "nodejs24.x"],
      ["nightly-stacks", "functions/src/nightly-stacks/orchestrator.handler", "nodejs24.x"],
      ["stacks", "functions/src/nightly-stacks/stacks.handler", "nodejs24.x"],
      ["weekly-insights", "functions/src/weekly-insights/orchestrator.handler", "nodejs24.x"],
      ["insights", "functions/src/weekly-insights/insights.handler", "nodejs24.x"],
      ["reconciler", "functions/src/reconciler.handler", "nodejs24.x"],
      ["rotate-cron-secret", "functions/src/rotate-cron-secret.handler", "nodejs24.x"],
      ["api", "functions/src/api.handler", "nodejs24.x"],
      ["migrate", "functions/src/migrate.handler", "nodejs24.x"],
    ]);
  });

  test("no environment variable and no template holds a secret or resolves one", () => {
    const urls = Object.fromEntries(
      queues().map(({ queue }) => [
        `QUEUE_URL_${queue.toUpperCase().replaceAll("-", "_")}`,
        { Ref: queueNamed(queue).id },
      ]),
    );
    const chosen = {
      NOCTUARY_EMBEDDER: "lexical",
      NOCTUARY_LLM: "none",
      NOCTUARY_LOG_LEVEL: "INFO",
      NOCTUARY_ENABLED_JOBS: "none",
      NOCTUARY_RETENTION_DAYS: "365",
      AWS_NODEJS_CONNECTION_REUSE_ENABLED: "1",
      SST_APP: "noctuary",
      SST_STAGE: "dev",
      SST_SSM_PREFIX: "/sst/noctuary/dev/",
    };
    const database = { DATABASE_SECRET_ID: "noctuary/dev/database-url", DATABASE_CONNECTIONS: "1" };
    const secret = { CRON_SECRET_ID: { Ref: cronSecret().id } };
    const others: Record<string, object> = {
      api: { ...database, ...urls, ...secret, CRON_SECRET_OVERLAP_HOURS: "168" },
      "rotate-cron-secret": secret,
      migrate: database,
    };
    for (const { properties } of ourFunctions()) {
      const name = properties.FunctionName.replace("dev-noctuary-", "");
      expect(properties.Environment.Variables, name).toEqual({
        ...chosen,
        ...(others[name] ?? { ...database, ...urls, NOCTUARY_EVENT_BUS: "default" }),
      });
    }
    for (const synthesis of [dev, production, withRds]) {
      const text = synthesis.templates.map((file) => readFileSync(file, "utf8")).join();
      expect(text).not.toMatch(/postgres(ql)?:\/\//);
      // The owner's password of RDS is looked up by CloudFormation, which shows it to nobody.
      const lookedUp = resourcesOf(synthesis, "AWS::RDS::DBInstance").length;
      expect(text.match(/\{\{resolve:/g) ?? []).toHaveLength(lookedUp);
    }
  });

  test("each may do what it needs, on the resources that it needs, and nothing else", () => {
    const everyStep = queues().map(({ queue }) => `dev-noctuary-${queue}`);
    const send = { actions: ["sqs:SendMessage"], resources: everyStep };
    const readDatabaseUrl = {
      actions: ["secretsmanager:GetSecretValue"],
      resources: ["secret:noctuary/dev/database-url-??????"],
    };
    const shared = [
      send,
      { actions: ["events:PutEvents"], resources: [expect.stringContaining(":event-bus/default")] },
      readDatabaseUrl,
    ];
    const receive = (queue: string) => ({
      actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
      resources: [`dev-noctuary-${queue}`],
    });
    const lostStarts = (job: string) => ({
      actions: ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
      resources: [`dev-noctuary-${job}-start-dlq`],
    });
    for (const { slug, steps } of jobs) {
      expect(grantsOf(slug)).toEqual([...shared, receive(slug), lostStarts(slug)]);
      for (const { queue } of steps) expect(grantsOf(queue)).toEqual([...shared, receive(queue)]);
    }
    expect(grantsOf("reconciler")).toEqual(shared);
    const ofCronSecret = JSON.stringify({ Ref: cronSecret().id });
    expect(grantsOf("api")).toEqual([
      send,
      { actions: ["secretsmanager:GetSecretValue"], resources: [ofCronSecret] },
      readDatabaseUrl,
    ]);
    expect(grantsOf("rotate-cron-secret")).toEqual([
      {
        actions: [
          "secretsmanager:DescribeSecret",
          "secretsmanager:GetSecretValue",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ],
        resources: [ofCronSecret],
      },
    ]);
    expect(grantsOf("migrate")).toEqual([readDatabaseUrl]);
  });

  test("what computes has a whole vCPU, and what waits for the database half a gigabyte", () => {
    const workers = new Set(jobs.flatMap(({ steps }) => steps.map(({ queue }) => `dev-noctuary-${queue}`)));
    for (const { properties } of ourFunctions()) {
      const { FunctionName: name, MemorySize } = properties;
      const waiting = name.endsWith("-rotate-cron-secret") ? 256 : 512;
      expect(MemorySize, name).toBe(workers.has(name) ? 1_769 : waiting);
    }
  });

  test("each has a role of its own", () => {
    const roles = ourFunctions().map(({ properties }) => target(properties.Role));
    expect(new Set(roles).size).toBe(roles.length);
  });
});

describe("schedules", () => {
  const schedule = (name: string) => named("AWS::Scheduler::Schedule", "Name", name).properties;

  test.each([
    ["nightly-cluster", "cron(0 2 * * ? *)"],
    ["nightly-stacks", "cron(30 2 * * ? *)"],
    ["weekly-insights", "cron(0 3 ? * SUN *)"],
  ])("%s starts at its hour in New York, to the minute", (job, expression) => {
    const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, State, Target } =
      schedule(job);
    expect(ScheduleExpression).toBe(expression);
    expect(ScheduleExpressionTimezone).toBe("America/New_York");
    expect(FlexibleTimeWindow).toEqual({ Mode: "OFF" });
    expect(State).toBe("DISABLED"); // dev has it off
    expect(target(Target.Arn)).toBe(functionNamed(job).id);
    const inProduction = resourcesOf(production, "AWS::Scheduler::Schedule").find(
      ({ properties }) => properties.Name === `production-noctuary-${job}`,
    );
    expect(inProduction!.properties.State).toBe("ENABLED");
  });

  test.each(jobs)(
    "$slug's input is one that the orchestrator takes, once the scheduled time is filled in",
    ({ slug }) => {
      const { Input } = schedule(slug).Target;
      const filledIn = Input.replace("<aws.scheduler.scheduled-time>", "2026-11-23T07:00:00Z");
      expect(startEvent.parse(JSON.parse(filledIn))).toEqual({
        trigger: "schedule",
        scheduledTime: "2026-11-23T07:00:00Z",
      });
      expect(startEvent.safeParse(JSON.parse(Input)).success).toBe(false);
    },
  );

  test.each(jobs)(
    "a start of $slug that does not come off ends in a DLQ, whether the schedule or the function failed",
    ({ slug }) => {
      const { RetryPolicy, DeadLetterConfig } = schedule(slug).Target;
      expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 7_200, MaximumRetryAttempts: 185 });
      expect(nameOfQueue(DeadLetterConfig.Arn)).toBe(`dev-noctuary-${slug}-start-dlq`);
      const invoke = asyncInvocationsOf(slug);
      expect(nameOfQueue(invoke.DestinationConfig.OnFailure.Destination)).toBe(
        `dev-noctuary-${slug}-start-dlq`,
      );
      expect(invoke).toMatchObject({ MaximumEventAgeInSeconds: 7_200, MaximumRetryAttempts: 2 });
    },
  );

  test("each may start its own function and put its lost start away, and nothing else", () => {
    for (const { properties } of resourcesOf(dev, "AWS::Scheduler::Schedule")) {
      const role = target(properties.Target.RoleArn);
      const statements = resourcesOf(dev, "AWS::IAM::Policy")
        .filter(({ properties: policy }) => policy.Roles.some((of: unknown) => target(of) === role))
        .flatMap(({ properties: policy }) => policy.PolicyDocument.Statement);
      for (const { Action, Resource: on } of statements) {
        const started = JSON.stringify([on].flat());
        if (Action === "lambda:InvokeFunction") {
          const { id } = functionNamed(properties.Name.replace(/^dev-noctuary-/, "").replace(/-\d$/, ""));
          for (const one of [on].flat()) expect(JSON.stringify(one), started).toContain(`"${id}"`);
        } else {
          expect(Action).toBe("sqs:SendMessage");
          expect(nameOfQueue(on)).toBe(`${properties.Name}-start-dlq`);
        }
      }
      expect(statements.length).toBeGreaterThan(0);
    }
  });

  test("a round of the reconciler and a migration are not repeated: the next round is, or the deploy fails", () => {
    for (const name of ["reconciler", "migrate", "rotate-cron-secret"]) {
      expect(asyncInvocationsOf(name).MaximumRetryAttempts, name).toBe(0);
    }
  });

  test("the reconciler makes a round every five minutes of the nights, in New York, and each hour otherwise", () => {
    const rounds = resourcesOf(dev, "AWS::Scheduler::Schedule")
      .map(({ properties }) => properties)
      .filter(({ Name }) => Name.startsWith("dev-noctuary-reconciler"));
    expect(rounds.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual([
      "cron(0 0,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23 * * ? *)",
      "cron(0,30,35,40,45,50,55 1 * * ? *)",
      "cron(0,5,10,15,20,25,30,35,40,45,50,55 2,3,4,5,6 * * ? *)",
    ]);
    for (const { ScheduleExpressionTimezone, FlexibleTimeWindow, Target } of rounds) {
      expect(ScheduleExpressionTimezone).toBe("America/New_York");
      expect(FlexibleTimeWindow).toEqual({ Mode: "OFF" });
      expect(target(Target.Arn)).toBe(functionNamed("reconciler").id);
    }
  });
});

test("under sst dev the same functions are bound to a developer's machine, and nothing migrates a database that AWS may not reach", () => {
  const functions = (synthesis: typeof dev, stage: string) =>
    resourcesOf(synthesis, "AWS::Lambda::Function")
      .filter(({ properties }) => "FunctionName" in properties)
      .map(({ properties }) => properties.FunctionName.replace(`${stage}-noctuary-`, ""));
  expect(functions(underSstDev, "ana")).toEqual(functions(dev, "dev").filter((name) => name !== "migrate"));
  for (const { properties } of resourcesOf(underSstDev, "AWS::Lambda::Function")) {
    if ("FunctionName" in properties) expect(properties.Handler).toBe("live-lambda.handler");
  }
  expect(resourcesOf(underSstDev, "Custom::SSTScript")).toEqual([]);
  const jobsOff = resourcesOf(underSstDev, "AWS::Scheduler::Schedule").filter(
    ({ properties }) => properties.State === "DISABLED",
  );
  expect(jobsOff).toHaveLength(jobs.length);
});

test("functions log in to somebody else's database apart from its owner where the stage says so", () => {
  const logins = Object.fromEntries(
    resourcesOf(underSstDev, "AWS::Lambda::Function")
      .filter(({ properties }) => "DATABASE_SECRET_ID" in (properties.Environment?.Variables ?? {}))
      .map(({ properties }) => [
        properties.FunctionName.replace("ana-noctuary-", ""),
        properties.Environment.Variables.DATABASE_SECRET_ID.replace("noctuary/ana/", ""),
      ]),
  );
  const users = ["nightly-cluster", ...jobs.flatMap(({ steps }) => steps.map(({ queue }) => queue))];
  const ledger = ["nightly-stacks", "weekly-insights", "reconciler", "api"];
  expect(logins).toEqual(
    Object.fromEntries([
      ...users.map((name) => [name, "database-users"]),
      ...ledger.map((name) => [name, "database-ledger"]),
    ]),
  );
});

describe("removal", () => {
  test("a stage that is not production leaves nothing behind", () => {
    const kept = resourcesOf(dev).filter(({ deletionPolicy }) => deletionPolicy === "Retain");
    // The gateway's role for its logs is set once an account and region, and others may use it by then.
    expect(kept.map(({ type }) => type)).toEqual(["AWS::IAM::Role", "AWS::ApiGateway::Account"]);
  });

  test("production keeps its logs, and keeps no schedule or mapping at work after its removal", () => {
    const kept = resourcesOf(production).filter(({ deletionPolicy }) => deletionPolicy === "Retain");
    expect(new Set(kept.map(({ type }) => type))).toEqual(
      // The gateway's role for its logs is set once an account and region, and others may use it by then.
      new Set(["AWS::Logs::LogGroup", "AWS::IAM::Role", "AWS::ApiGateway::Account"]),
    );
  });
});

function asyncInvocationsOf(name: string) {
  const { id } = functionNamed(name);
  const found = resourcesOf(dev, "AWS::Lambda::EventInvokeConfig").filter(
    ({ properties }) => target(properties.FunctionName) === id,
  );
  expect(found, name).toHaveLength(1);
  return found[0]!.properties;
}

/** What the role of a function may do beyond writing its log and its traces, in the order in which it was granted. */
function grantsOf(name: string): { actions: string[]; resources: (string | undefined)[] }[] {
  const role = target(functionNamed(name).properties.Role);
  return resourcesOf(dev, "AWS::IAM::Policy")
    .filter(({ properties }) => properties.Roles.some((of: unknown) => target(of) === role))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().some((action) => !action.startsWith("xray:")))
    .map(({ Effect, Action, Resource: resource }) => {
      expect(Effect).toBe("Allow");
      return { actions: [Action].flat(), resources: [resource].flat().map(nameOfResource) };
    });
}

/** A queue by its name; of a secret's ARN what says which one; anything else as it stands. */
function nameOfResource(resource: unknown): string | undefined {
  const queue = nameOfQueue(resource);
  if (queue !== undefined) return queue;
  return /secret:[^"]*/.exec(JSON.stringify(resource))?.[0] ?? JSON.stringify(resource);
}
