import { jobs } from "@noctuary/core/jobs";
import { describe, expect, inject, test } from "vitest";
import { resourcesOf } from "./synthesis.ts";

const { dev, production, underSstDev } = inject("syntheses");

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
