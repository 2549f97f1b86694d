import { expect, inject, test } from "vitest";
import { resourcesOf } from "./synthesis.ts";

const { dev, withRds } = inject("syntheses");

test.each([
  ["external", dev],
  ["RDS", withRds],
])("%s: no function but the one that migrates is updated before the schema is", (_, synthesis) => {
  const [migration] = resourcesOf(synthesis, "Custom::SSTScript");
  const functions = resourcesOf(synthesis, "AWS::Lambda::Function").filter(
    ({ properties }) => "DATABASE_SECRET_ID" in (properties.Environment?.Variables ?? {}),
  );
  expect(functions.length).toBeGreaterThan(5);
  for (const { properties, dependsOn } of functions) {
    const waits = dependsOn.includes(migration!.id);
    expect(waits, properties.FunctionName).toBe(!properties.FunctionName.endsWith("-migrate"));
  }
});

test("it runs at every deploy", () => {
  const [migration] = resourcesOf(dev, "Custom::SSTScript");
  expect(migration!.properties.UserCreateFunction).toEqual(migration!.properties.UserUpdateFunction);
  expect(migration!.properties.Version).toMatch(/^\d+$/);
});
