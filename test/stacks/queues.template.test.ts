import { jobs, queues } from "@noctuary/core/jobs";
import { describe, expect, inject, test } from "vitest";
import { functionNamed, nameOfQueue, queueNamed } from "./dev-stage.ts";
import { resourcesOf, target } from "./synthesis.ts";

const { dev } = inject("syntheses");

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
