import { existsSync, readdirSync, readFileSync } from "node:fs";
import { jobs, queues } from "@noctuary/core/jobs";
import { startEvent } from "@noctuary/functions/runtime/orchestrator";
import { describe, expect, inject, test } from "vitest";
import { alarmList } from "../../stacks/alarm-list.ts";
import { configurationOf, type StageInput } from "../../stacks/configuration.ts";
import type { DashboardBody, Widget } from "../../stacks/dashboard/widgets.ts";
import { dashboardBody, metricsOf } from "../../stacks/dashboard-body.ts";
import { WATCHED_FUNCTIONS } from "../../stacks/observability.ts";
import type { Place } from "../../stacks/place.ts";
import { type Resource, resourcesOf, target } from "./synthesis.ts";

const RUNBOOKS = new URL("../../docs/runbooks/", import.meta.url);
const ACCOUNT = { region: "us-east-1", account: "123456789012" };

const placeOf = (input: StageInput, databaseInstance: string | null = null): Place => ({
  named: (name) => `production-noctuary-${name}`,
  configuration: configurationOf("staging", { staging: input }),
  functions: WATCHED_FUNCTIONS,
  databaseInstance,
});
const namesOf = (place: Place) => alarmList(place).map(({ name }) => name);

describe("the list of alarms", () => {
  test("has what a job, a queue, a function and a database can do wrong", () => {
    const names = namesOf(placeOf({}));
    for (const { slug } of jobs) {
      for (const trouble of ["failed", "failing", "late", "slow", "tasks-failed"])
        expect(names).toContain(`${slug}-${trouble}`);
      expect(names).toContain(`${slug}-start-dlq-not-empty`);
    }
    for (const { queue } of queues()) {
      expect(names).toContain(`${queue}-dlq-not-empty`);
      expect(names).toContain(`${queue}-oldest-task`);
    }
    for (const name of WATCHED_FUNCTIONS) {
      expect(names).toContain(`${name}-throttled`);
      // Its answers are small and read nothing of a user's.
      if (name !== "api") expect(names).toContain(`${name}-memory`);
    }
    expect(names).toEqual(expect.arrayContaining(["api-failing", "rotation-failed"]));
    expect(names).toEqual(
      expect.arrayContaining([
        "connections",
        "notes-overdue",
        "churn",
        "topic-size",
        "notes-gone",
        "verification-rate",
      ]),
    );
    expect(names).toEqual(expect.arrayContaining(["reconciler-silent", "previous-secret-used"]));
    expect(new Set(names).size).toBe(names.length);
  });

  test("watches processor, memory and storage of a database only where the stack made it", () => {
    const own = ["database-cpu", "database-memory", "database-storage"];
    expect(namesOf(placeOf({}, "an-instance"))).toEqual(expect.arrayContaining(own));
    expect(namesOf(placeOf({})).filter((name) => own.includes(name))).toEqual([]);
  });

  test("does not wait for a job that is off, and still says when it failed", () => {
    const names = namesOf(placeOf({ jobs: { "weekly-insights": { enabled: false } } }));
    expect(names.filter((name) => /^weekly-insights-(failed|failing|late|slow)$/.test(name))).toEqual([
      "weekly-insights-failed",
    ]);
  });

  test("hears of a silent reconciler after one round that should have been, whatever its hours", () => {
    const silentFor = (reconciler: StageInput["reconciler"]) => {
      const alarm = alarmList(placeOf({ ...(reconciler === undefined ? {} : { reconciler }) })).find(
        ({ name }) => name === "reconciler-silent",
      )!;
      expect(alarm).toMatchObject({ missing: "alarm", comparison: "below", threshold: 1, statistic: "Sum" });
      return (alarm.periodMinutes * alarm.periods) / 60;
    };
    expect(silentFor({})).toBe(2);
    expect(silentFor({ otherwiseEveryHours: 12 })).toBe(13);
    // 07:00 to 01:30 is eighteen and a half hours, and one more in the night that has an hour twice.
    expect(silentFor({ otherwiseEveryHours: null })).toBe(21);
  });

  test("stays within what CloudWatch evaluates: a day, and periods that it takes", () => {
    for (const { periodMinutes, periods, name } of alarmList(placeOf({}, "an-instance"))) {
      expect(periodMinutes * periods, name).toBeLessThanOrEqual(24 * 60);
      expect(periodMinutes, name).toBeGreaterThanOrEqual(1);
    }
  });
});

describe("runbooks", () => {
  const pages = readdirSync(RUNBOOKS);
  const read = (page: string) => readFileSync(new URL(page, RUNBOOKS), "utf8");

  test("every alarm has one, and every one an alarm", () => {
    const named = new Set(alarmList(placeOf({}, "an-instance")).map(({ runbook }) => `${runbook}.md`));
    expect(pages.toSorted()).toEqual([...named].toSorted());
  });

  test.each(pages)("%s says what it means, what to look at and what to press", (page) => {
    const headings = [...read(page).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(["What it means", "What to look at", "What to press"]);
    for (const [, link] of read(page).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      expect(existsSync(new URL(link!, RUNBOOKS)), link).toBe(true);
    }
  });

  test("what they hand to a function is an event that it takes", () => {
    const payloads = pages.flatMap((page) =>
      [...read(page).matchAll(/noctuary-(\S+)" .*--payload '([^']+)'/g)].map(([, name, payload]) => [
        name,
        payload,
      ]),
    );
    expect(payloads.length).toBeGreaterThan(1);
    for (const [name, payload] of payloads) {
      if (name === "reconciler") continue; // takes any
      if (name === "rotate-cron-secret") expect(payload).toBe('{"revoke":true}');
      else expect(startEvent.safeParse(JSON.parse(payload!)).success, payload).toBe(true);
    }
  });
});

describe("the dashboard", () => {
  const body = dashboardBody(placeOf({}, "an-instance"), ACCOUNT);

  test("has the four parts, in the order in which one looks", () => {
    const titles = body.widgets
      .filter(({ type }) => type === "text")
      .map(({ properties }) => /^## (.+)$/m.exec(String(properties.markdown))![1]);
    expect(titles).toEqual(["Job status", "Performance trends", "Errors by cause", "Resources"]);
  });

  test("lies within the grid, and no widget on another", () => {
    const cells = new Set<string>();
    for (const { x, y, width, height } of body.widgets) {
      expect(x + width).toBeLessThanOrEqual(24);
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(cells.has(`${column} ${row}`)).toBe(false);
          cells.add(`${column} ${row}`);
        }
      }
    }
  });

  test("shows the database's own figures only where the stack made it", () => {
    const rds = (place: Place) =>
      metricsOf(dashboardBody(place, ACCOUNT)).filter(({ namespace }) => namespace === "AWS/RDS");
    expect(rds(placeOf({}, "an-instance"))).toHaveLength(3);
    expect(rds(placeOf({}))).toEqual([]);
  });
});

describe("a deployed stage", () => {
  const { production, withRds } = inject("syntheses");
  const whole = placeOf({});

  const alarms = (): Resource[] => resourcesOf(production, "AWS::CloudWatch::Alarm");
  const physicalNames = (type: string, property: string) =>
    new Set(resourcesOf(production, type).map(({ properties }) => properties[property]));

  test("has every alarm of the list, each to the one topic and with its runbook", () => {
    const topics = resourcesOf(production, "AWS::SNS::Topic");
    expect(topics).toHaveLength(1);
    const expected = alarmList(whole);
    expect(alarms()).toHaveLength(expected.length);
    const comparisons = { atLeast: "GreaterThanOrEqualToThreshold", below: "LessThanThreshold" };
    const silences = { ignore: "ignore", fine: "notBreaching", alarm: "breaching" };
    for (const { name, meaning, runbook, metric, threshold, periods, periodMinutes, ...rest } of expected) {
      const { properties } = alarms().find(
        ({ properties }) => properties.AlarmName === `production-noctuary-${name}`,
      )!;
      expect(properties.AlarmDescription).toBe(`${meaning} What to do: docs/runbooks/${runbook}.md`);
      expect(properties).toMatchObject({
        Namespace: metric.namespace,
        MetricName: metric.name,
        Threshold: threshold,
        EvaluationPeriods: periods,
        Period: periodMinutes * 60,
        Statistic: rest.statistic,
        ComparisonOperator: comparisons[rest.comparison],
        TreatMissingData: silences[rest.missing],
      });
      expect(properties.Dimensions).toEqual(
        Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
      );
      expect(properties.AlarmActions.map(target)).toEqual([topics[0]!.id]);
      expect(properties.OKActions.map(target)).toEqual([topics[0]!.id]);
    }
  });

  test("watches queues and functions that it has", () => {
    const queueNames = physicalNames("AWS::SQS::Queue", "QueueName");
    const functionNames = physicalNames("AWS::Lambda::Function", "FunctionName");
    const watched = [...alarmList(placeOf({})).map(({ metric }) => metric), ...metricsOf(body())];
    for (const { namespace, dimensions } of watched) {
      if (namespace === "AWS/SQS") expect(queueNames).toContain(dimensions.QueueName);
      if (namespace === "AWS/Lambda") expect(functionNames).toContain(dimensions.FunctionName);
    }
    // And none of its dead-letter queues goes unwatched.
    const dead = [...queueNames].filter((name) => /-dlq$/.test(name));
    const named = new Set(watched.map(({ dimensions }) => dimensions.QueueName));
    expect(dead.filter((name) => !named.has(name))).toEqual([]);
  });

  test("lets its alarms, and nobody over plain HTTP, reach the topic", () => {
    const [{ properties }] = resourcesOf(production, "AWS::SNS::TopicPolicy") as [Resource];
    expect(properties.PolicyDocument.Statement).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Effect: "Allow",
          Action: "sns:Publish",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
        }),
        expect.objectContaining({
          Effect: "Deny",
          Action: "sns:Publish",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      ]),
    );
  });

  test("sends mail to whom its configuration names", () => {
    expect(resourcesOf(production, "AWS::SNS::Subscription")).toEqual([]);
    expect(resourcesOf(withRds, "AWS::SNS::Subscription").map(({ properties }) => properties)).toEqual([
      expect.objectContaining({ Protocol: "email", Endpoint: "on-call@example.com" }),
    ]);
  });

  test("keeps the logs of every function for a time, and no longer", () => {
    const groups = resourcesOf(production, "AWS::Logs::LogGroup");
    for (const name of WATCHED_FUNCTIONS) {
      const group = groups.find(
        ({ properties }) => properties.LogGroupName === `/aws/lambda/production-noctuary-${name}`,
      );
      expect(group?.properties.RetentionInDays, name).toBe(90);
    }
    expect(groups.filter(({ properties }) => properties.RetentionInDays === undefined)).toEqual([]);
  });

  test("with a database of its own watches that one", () => {
    const [{ id }] = resourcesOf(withRds, "AWS::RDS::DBInstance") as [Resource];
    const watched = resourcesOf(withRds, "AWS::CloudWatch::Alarm").filter(
      ({ properties }) => properties.Namespace === "AWS/RDS",
    );
    expect(watched.map(({ properties }) => properties.MetricName).toSorted()).toEqual([
      "CPUUtilization",
      "FreeStorageSpace",
      "FreeableMemory",
    ]);
    for (const { properties } of watched) {
      expect(properties.Dimensions.map(({ Value }: { Value: unknown }) => target(Value))).toEqual([id]);
    }
  });

  test("traces when its functions are at work, and nothing of what they work on", () => {
    for (const { properties } of resourcesOf(production, "AWS::Lambda::Function")) {
      if (!String(properties.FunctionName).startsWith("production-noctuary-")) continue;
      expect(properties.TracingConfig, properties.FunctionName).toEqual({ Mode: "Active" });
    }
    // Only what is in a bundle could put a payload into a trace.
    const tracers = production.functions
      .flatMap(({ inputs }) => inputs)
      .filter((file) => /xray|opentelemetry|tracer/i.test(file));
    expect(tracers).toEqual([]);
    const grants = resourcesOf(production, "AWS::IAM::Policy")
      .flatMap(({ properties }) => properties.PolicyDocument.Statement)
      .filter(({ Action }) => JSON.stringify(Action).includes("xray:"));
    expect(grants.length).toBeGreaterThan(WATCHED_FUNCTIONS.length);
    for (const { Action } of grants)
      expect(Action).toEqual(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]);
  });

  test("has the dashboard, whole", () => {
    expect(
      body().widgets.map(({ type, x, y, properties }: Widget) => [type, x, y, properties.title]),
    ).toEqual(
      dashboardBody(placeOf({}), ACCOUNT).widgets.map(({ type, x, y, properties }) => [
        type,
        x,
        y,
        properties.title,
      ]),
    );
  });

  function body(): DashboardBody {
    const [{ properties }] = resourcesOf(production, "AWS::CloudWatch::Dashboard") as [Resource];
    expect(properties.DashboardName).toBe("production-noctuary-nights");
    return JSON.parse(resolved(properties.DashboardBody));
  }
});

/** A joined text, with something in place of what CloudFormation fills in. */
function resolved(value: unknown): string {
  if (typeof value === "string") return value;
  const joined = (value as { "Fn::Join"?: [string, unknown[]] })["Fn::Join"];
  return joined === undefined ? "filled-in" : joined[1].map(resolved).join(joined[0]);
}
