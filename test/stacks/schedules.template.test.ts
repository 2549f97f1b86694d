import { jobs } from "@noctuary/core/jobs";
import { startEvent } from "@noctuary/functions/runtime/orchestrator";
import { describe, expect, inject, test } from "vitest";
import { asyncInvocationsOf, functionNamed, named, nameOfQueue } from "./dev-stage.ts";
import { resourcesOf, target } from "./synthesis.ts";

const { dev, production } = inject("syntheses");

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
