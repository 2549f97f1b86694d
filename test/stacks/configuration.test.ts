import { describe, expect, test } from "vitest";
import {
  ConfigurationError,
  checkDestination,
  configurationOf,
  type StageInput,
} from "../../stacks/configuration.ts";
import { checkConnections, mostConnections } from "../../stacks/connections.ts";
import { stages } from "../../stacks/stages.ts";

const wrong = (input: unknown) => () => configurationOf("staging", { staging: input as StageInput });

test.each(["dev", "staging", "production"])("%s is a stage whose values hold", (stage) => {
  expect(configurationOf(stage, stages).database).toEqual({
    kind: "external",
    maxConnections: 100,
    separateLogins: false,
  });
});

test("a stage that nobody named is like dev", () => {
  expect(configurationOf("ana", stages)).toEqual(configurationOf("dev", stages));
  expect(configurationOf("constructor", stages)).toEqual(configurationOf("dev", stages));
});

test("what is left out is the default", () => {
  const { cronSecret, reconciler, provider, jobs } = configurationOf("staging", { staging: {} });
  expect(cronSecret).toEqual({ rotateEveryDays: 91, overlapHours: 168 });
  expect(reconciler).toEqual({ from: "01:30", to: "07:00", everyMinutes: 5, otherwiseEveryHours: 1 });
  expect(provider).toEqual({ embedder: "lexical", llm: "none" });
  expect(jobs["nightly-cluster"]).toEqual({ enabled: true });
});

describe("a stage name with odd characters is refused with a sentence", () => {
  test.each([
    ["upper case", "Prod"],
    ["a space", "my stage"],
    ["a dot", "v1.2"],
    ["a slash", "a/b"],
    ["an underscore", "a_b"],
    ["a line break", "dev\n"],
    ["no letter first", "1st"],
    ["two hyphens", "a--b"],
    ["a hyphen last", "dev-"],
    ["nothing", ""],
    ["21 characters", "a".repeat(21)],
    ["an umlaut", "prüfung"],
  ])("%s", (_, stage) => {
    expect(() => configurationOf(stage, stages)).toThrow(ConfigurationError);
    expect(() => configurationOf(stage, stages)).toThrow(
      `a stage cannot be called ${JSON.stringify(stage)}: use up to 20 lower-case letters, digits and single hyphens`,
    );
  });
});

describe("before anything is asked of AWS", () => {
  test.each(["us-east-1", "eu-central-2", "ap-southeast-5", "us-gov-west-1", "cn-north-1", "il-central-1"])(
    "%s is a region",
    (region) => {
      expect(() => checkDestination("dev", region)).not.toThrow();
      expect(() => checkDestination(undefined, region)).not.toThrow();
    },
  );

  test.each(["", "useast1", "us-east", "us-east-1a", "US-EAST-1", "us east 1", "https://us-east-1"])(
    "%j is none, and the sentence says where it comes from",
    (region) => {
      expect(() => checkDestination("dev", region)).toThrow(
        `${JSON.stringify(region)} is not a region: set AWS_REGION, or --region, to one such as us-east-1`,
      );
    },
  );

  test("a stage's name is looked at", () => {
    expect(() => checkDestination("My Stage", "us-east-1")).toThrow('a stage cannot be called "My Stage"');
  });
});

describe("a wrong value is refused with its place and a sentence", () => {
  test.each<[unknown, string]>([
    [{ databse: {} }, 'staging: Unrecognized key: "databse"'],
    [{ database: { kind: "aurora" } }, "staging.database.kind: Invalid"],
    [{ database: { kind: "rds", backupDays: 0 } }, "staging.database.backupDays: Too small"],
    [{ database: { kind: "rds", instanceClass: "db.t4g.small" } }, "must be a class such as t4g.small"],
    [{ provider: { embedder: "cohere" } }, "staging.provider.embedder: Invalid option"],
    [{ provider: { baseUrl: "http://gateway" } }, "staging.provider.baseUrl: must be an https:// address"],
    [{ jobs: { "nightly-clusters": {} } }, "staging.jobs: Unrecognized key"],
    [
      { jobs: { "nightly-cluster": { since: "yesterday" } } },
      "staging.jobs.nightly-cluster.since: must be a date such as 2026-11-28",
    ],
    [{ reconciler: { from: "07:00", to: "01:30" } }, "staging.reconciler: from must be before to"],
    [{ reconciler: { from: "1:30" } }, "staging.reconciler.from: must be a time of day such as 01:30"],
    [{ api: { allow: ["203.0.113.0/33"] } }, "staging.api.allow.0: must be an address or a range"],
    [{ api: { allow: ["office"] } }, "staging.api.allow.0: must be an address or a range"],
    [{ api: { requestsPerSecond: 0 } }, "staging.api.requestsPerSecond: Too small"],
    [{ api: { openUntil: "next spring" } }, "staging.api.openUntil: must be a date or an instant"],
    [{ api: { openUntil: "2027-02-30" } }, "staging.api.openUntil: must be a date or an instant"],
    [{ api: { openUntil: "2027-01-31T07:00:00" } }, "staging.api.openUntil: must be a date or an instant"],
    [
      { cronSecret: { rotateEveryDays: 7, overlapHours: 168 } },
      "staging.cronSecret: overlapHours must be less than the time between two rotations",
    ],
    [{ logs: { retentionDays: 31 } }, "staging.logs.retentionDays: must be one of 1, 3, 5, 7, 14, 30"],
    [{ audit: { retentionDays: 29 } }, "staging.audit.retentionDays: Too small: expected number to be >=30"],
    [{ alarms: { emails: ["nobody"] } }, "staging.alarms.emails.0: Invalid email address"],
  ])("%j", (input, sentence) => {
    expect(wrong(input)).toThrow(ConfigurationError);
    expect(wrong(input)).toThrow(sentence);
  });

  test("all of them at once", () => {
    expect(wrong({ logs: { level: "LOUD" }, api: { burst: -1 } })).toThrow(
      /staging\.api\.burst: .*\n.*staging\.logs\.level: /,
    );
  });
});

test.each(["10.0.0.1", "203.0.113.0/24", "2001:db8::/32", "0.0.0.0/0"])("%s may call", (range) => {
  expect(configurationOf("staging", { staging: { api: { allow: [range] } } }).api.allow).toEqual([range]);
});

test("a database with fewer connections than the functions may open is refused, with the sum", () => {
  const withConnections = (maxConnections: number) => () =>
    checkConnections(
      configurationOf("staging", { staging: { database: { kind: "external", maxConnections } } }),
    );
  const needed = 2 * mostConnections() + 6;
  expect(withConnections(needed)).not.toThrow();
  expect(withConnections(needed - 1)).toThrow(
    `database.maxConnections is ${needed - 1}, and ${needed} may be needed: ${mostConnections()} functions at once`,
  );
});
