import { readFileSync } from "node:fs";
import { jobs, queues } from "@noctuary/core/jobs";
import { describe, expect, inject, test } from "vitest";
import { cronSecret, functionNamed, nameOfQueue, ourFunctions, queueNamed } from "./dev-stage.ts";
import { resourcesOf, target } from "./synthesis.ts";

const { dev, production, withRds } = inject("syntheses");

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
