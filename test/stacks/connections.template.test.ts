import { expect, inject, test } from "vitest";
import { mostConnections } from "../../stacks/connections.ts";
import { resourcesOf, target } from "./synthesis.ts";

const { dev, production, withRds } = inject("syntheses");

test.each([
  ["dev", dev],
  ["production", production],
  ["with RDS", withRds],
])(
  "%s: all functions at once, twice for a deploy, open fewer connections than the database has",
  (_, synthesis) => {
    const mappings = resourcesOf(synthesis, "AWS::Lambda::EventSourceMapping").map(
      ({ properties }) => properties,
    );
    let sum = 0;
    for (const { id, properties } of resourcesOf(synthesis, "AWS::Lambda::Function")) {
      const variables = properties.Environment?.Variables ?? {};
      if (!("DATABASE_SECRET_ID" in variables)) continue;
      const [mapping] = mappings.filter(({ FunctionName }) => target(FunctionName) === id);
      const most = properties.ReservedConcurrentExecutions ?? mapping?.ScalingConfig.MaximumConcurrency;
      expect(most, `${properties.FunctionName} is bounded`).toBeGreaterThan(0);
      // A reserve under what its event source brings throttles it, and eats receives.
      if (mapping !== undefined)
        expect(most).toBeGreaterThanOrEqual(mapping.ScalingConfig.MaximumConcurrency);
      sum += most * Number(variables.DATABASE_CONNECTIONS);
    }
    expect(sum).toBe(mostConnections());
    expect(2 * sum).toBeLessThan(100);
  },
);

test("RDS has the connections that are counted with", () => {
  const [parameters] = resourcesOf(withRds, "AWS::RDS::DBParameterGroup");
  expect(parameters!.properties.Parameters.max_connections).toBe("100");
});
