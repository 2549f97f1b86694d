import { describe, expect, inject, test } from "vitest";
import { resourcesOf, target } from "./synthesis.ts";

const { dev, production, withRds } = inject("syntheses");

const only = (type: string, synthesis = dev) => {
  const found = resourcesOf(synthesis, type);
  expect(found, type).toHaveLength(1);
  return found[0]!;
};

test("the gateway is a regional REST API, which has a resource policy", () => {
  const { properties } = only("AWS::ApiGateway::RestApi");
  expect(properties.EndpointConfiguration).toEqual({ Types: ["REGIONAL"] });
  expect(properties.Policy.Statement).toContainEqual({
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*",
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
});

describe("the allow list", () => {
  const statements = (synthesis = dev) =>
    only("AWS::ApiGateway::RestApi", synthesis).properties.Policy.Statement as {
      Effect: string;
      Condition?: object;
    }[];

  test("goes by the connection's own address: X-Forwarded-For, which anybody can write, has no say", () => {
    expect(statements(withRds)).toContainEqual(
      expect.objectContaining({
        Effect: "Deny",
        Condition: { NotIpAddress: { "aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"] } },
      }),
    );
    expect(JSON.stringify(statements(withRds))).not.toMatch(/forwarded|aws:referer|useragent/i);
  });

  test("without an entry lets everybody call who has the secret", () => {
    expect(statements().filter(({ Effect }) => Effect === "Allow")).toHaveLength(1);
    expect(JSON.stringify(statements())).not.toContain("SourceIp");
  });
});

test("the two routes go to the handler with any method, and no other does", () => {
  const resources = new Map(
    resourcesOf(dev, "AWS::ApiGateway::Resource").map(({ id, properties }) => [id, properties]),
  );
  const pathOf = (id: string | undefined): string => {
    const of = id === undefined ? undefined : resources.get(id);
    return of === undefined ? "" : `${pathOf(target(of.ParentId))}/${of.PathPart}`;
  };
  const methods = resourcesOf(dev, "AWS::ApiGateway::Method").map(({ properties }) => ({
    route: `${properties.HttpMethod} ${pathOf(target(properties.ResourceId))}`,
    integration: properties.Integration.Type,
  }));
  expect(methods.sort((a, b) => a.route.localeCompare(b.route))).toEqual([
    { route: "ANY /api/cron/{job}", integration: "AWS_PROXY" },
    { route: "ANY /api/cron/runs/{id}", integration: "AWS_PROXY" },
  ]);
});

test("calls are throttled, and logged without header, query or body", () => {
  const { MethodSettings, AccessLogSetting } = only("AWS::ApiGateway::Stage").properties;
  expect(MethodSettings).toEqual([
    expect.objectContaining({
      HttpMethod: "*",
      ResourcePath: "/*",
      ThrottlingRateLimit: 5,
      ThrottlingBurstLimit: 10,
    }),
  ]);
  // What the gateway's own log would hold is the whole request.
  expect(MethodSettings[0].DataTraceEnabled ?? false).toBe(false);
  expect(JSON.parse(AccessLogSetting.Format)).toEqual({
    time: "$context.requestTime",
    requestId: "$context.requestId",
    sourceIp: "$context.identity.sourceIp",
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    latencyMs: "$context.responseLatency",
    error: "$context.error.responseType",
  });
});

test("what the gateway answers by itself has the one shape of an error", () => {
  const answers = Object.fromEntries(
    resourcesOf(dev, "AWS::ApiGateway::GatewayResponse").map(({ properties }) => {
      const { error, ...rest } = JSON.parse(properties.ResponseTemplates["application/json"]);
      expect(rest).toEqual({});
      expect(error.message).toMatch(/^[a-z]/);
      return [properties.ResponseType, [properties.StatusCode, error.code]];
    }),
  );
  expect(answers).toEqual({
    UNAUTHORIZED: ["401", "unauthorized"],
    ACCESS_DENIED: ["403", "forbidden"],
    MISSING_AUTHENTICATION_TOKEN: ["404", "not_found"],
    RESOURCE_NOT_FOUND: ["404", "not_found"],
    INVALID_SIGNATURE: ["404", "not_found"],
    REQUEST_TOO_LARGE: ["413", "body_too_large"],
    UNSUPPORTED_MEDIA_TYPE: ["415", "unsupported_media_type"],
    THROTTLED: ["429", "too_many_requests"],
    QUOTA_EXCEEDED: ["429", "too_many_requests"],
    INTEGRATION_TIMEOUT: ["504", "timeout"],
    DEFAULT_4XX: [undefined, "bad_request"],
    DEFAULT_5XX: [undefined, "internal_error"],
  });
});

test("the function answers before the gateway gives up", () => {
  const api = resourcesOf(dev, "AWS::Lambda::Function").find(
    ({ properties }) => properties.FunctionName === "dev-noctuary-api",
  );
  expect(api!.properties.Timeout).toBeLessThan(29);
});

test("the triggers close at the moment that the stage says, and not without one", () => {
  const closing = (synthesis: typeof dev) =>
    resourcesOf(synthesis, "AWS::Lambda::Function")
      .filter(({ properties }) => "NOCTUARY_CRON_ROUTES_UNTIL" in (properties.Environment?.Variables ?? {}))
      .map(({ properties }) => [
        properties.FunctionName,
        properties.Environment.Variables.NOCTUARY_CRON_ROUTES_UNTIL,
      ]);
  expect(closing(withRds)).toEqual([["staging-noctuary-api", "2027-01-31"]]);
  expect(closing(dev)).toEqual([]);
});

describe("the secret of the triggers", () => {
  test("is made by the stack and rotated each quarter, not on the first day", () => {
    const { properties } = only("AWS::SecretsManager::RotationSchedule", production);
    const secret = resourcesOf(production, "AWS::SecretsManager::Secret").find(
      ({ id }) => id === target(properties.SecretId),
    );
    expect(secret!.properties).toMatchObject({
      Name: "noctuary/production/cron-secret",
      GenerateSecretString: { PasswordLength: 48, ExcludePunctuation: true },
    });
    expect(properties.RotationRules).toEqual({ AutomaticallyAfterDays: 91 });
    expect(properties.RotateImmediatelyOnUpdate).toBe(false);
  });

  test("is rotated by its function, which only Secrets Manager of this account may call", () => {
    const { properties, dependsOn } = only("AWS::SecretsManager::RotationSchedule");
    const rotation = target(properties.RotationLambdaARN);
    const permission = resourcesOf(dev, "AWS::Lambda::Permission").find(
      (one) => target(one.properties.FunctionName) === rotation,
    );
    expect(permission!.properties).toMatchObject({
      Principal: "secretsmanager.amazonaws.com",
      SourceAccount: "123456789012",
    });
    expect(dependsOn).toContain(permission!.id);
  });
});
