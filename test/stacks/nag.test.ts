import { describe, expect, inject, test } from "vitest";
import { type NagSuppression, nagSuppressions } from "../../stacks/nag-suppressions.ts";
import type { NagFinding } from "./synthesis.ts";

// Under sst dev functions are stubs of SST's own.
const { underSstDev: _, ...syntheses } = inject("syntheses");
const withinStack = (path: string) => path.split("/").slice(1).join("/");

function explains({ rule, paths, findings }: NagSuppression, found: NagFinding): boolean {
  return (
    rule === found.rule &&
    paths.test(withinStack(found.path)) &&
    (findings === undefined || findings.test(found.finding))
  );
}

describe.each(Object.entries(syntheses))("cdk-nag's AwsSolutions rules, over %s", (_, { nagFindings }) => {
  test("find nothing that is not explained", () => {
    expect(nagFindings.length).toBeGreaterThan(10);
    const unexplained = nagFindings.filter((found) => !nagSuppressions.some((one) => explains(one, found)));
    expect(unexplained).toEqual([]);
  });
});

test("nothing is explained that is not found", () => {
  const all = Object.values(syntheses).flatMap(({ nagFindings }) => nagFindings);
  expect(nagSuppressions.filter((one) => !all.some((found) => explains(one, found)))).toEqual([]);
});

test("every explanation is a sentence", () => {
  for (const { rule, reason } of nagSuppressions) {
    expect(reason.length, rule).toBeGreaterThan(40);
    expect(reason.at(-1), rule).toBe(".");
  }
});
