import { jobs, queues } from "@noctuary/core/jobs";
import { describe, expect, inject, test } from "vitest";
import { resourcesOf, target } from "./synthesis.ts";

const { dev, withRds } = inject("syntheses");

const only = (type: string) => {
  const found = resourcesOf(withRds, type);
  expect(found, type).toHaveLength(1);
  return found[0]!;
};
const byId = (type: string) => new Map(resourcesOf(withRds, type).map((resource) => [resource.id, resource]));
const functionsWithDatabase = () =>
  resourcesOf(withRds, "AWS::Lambda::Function").filter(
    ({ properties }) => "DATABASE_SECRET_ID" in (properties.Environment?.Variables ?? {}),
  );

test("with an external database there is neither a network nor a way out to pay for", () => {
  const types = new Set(resourcesOf(dev).map(({ type }) => type));
  for (const type of ["AWS::EC2::VPC", "AWS::EC2::NatGateway", "AWS::RDS::DBInstance"]) {
    expect(types.has(type), type).toBe(false);
  }
});

test("the database is encrypted, backed up, protected and reached from nowhere outside", () => {
  const { properties } = only("AWS::RDS::DBInstance");
  expect(properties).toMatchObject({
    Engine: "postgres",
    StorageEncrypted: true,
    BackupRetentionPeriod: 7,
    DeletionProtection: true,
    PubliclyAccessible: false,
    MultiAZ: false,
    DBInstanceClass: "db.t4g.small",
    MaxAllocatedStorage: 100,
  });
  const parameters = only("AWS::RDS::DBParameterGroup").properties.Parameters;
  expect(target(properties.DBParameterGroupName)).toBe(only("AWS::RDS::DBParameterGroup").id);
  expect(parameters).toEqual({
    "rds.force_ssl": "1",
    max_connections: "100",
    idle_session_timeout: "600000",
    log_error_verbosity: "terse",
    log_statement: "none",
  });
});

test("its subnets have no route out; those of the functions go through the one NAT gateway", () => {
  expect(resourcesOf(withRds, "AWS::EC2::NatGateway")).toHaveLength(1);
  const tables = new Map<string, string[]>();
  for (const { properties } of resourcesOf(withRds, "AWS::EC2::Route")) {
    const table = target(properties.RouteTableId)!;
    tables.set(table, [
      ...(tables.get(table) ?? []),
      properties.NatGatewayId === undefined ? "gateway" : "nat",
    ]);
  }
  const routesOf = (subnet: string | undefined) => {
    const association = resourcesOf(withRds, "AWS::EC2::SubnetRouteTableAssociation").find(
      ({ properties }) => target(properties.SubnetId) === subnet,
    );
    return tables.get(target(association!.properties.RouteTableId)!) ?? [];
  };
  const subnets: unknown[] = only("AWS::RDS::DBSubnetGroup").properties.SubnetIds;
  expect(subnets.map((subnet) => routesOf(target(subnet)))).toEqual([[], []]);
  for (const { properties } of functionsWithDatabase()) {
    const routes = properties.VpcConfig.SubnetIds.map((subnet: unknown) => routesOf(target(subnet)));
    expect(routes, properties.FunctionName).toEqual([["nat"], ["nat"]]);
  }
});

describe("security groups", () => {
  const groups = () => byId("AWS::EC2::SecurityGroup");
  const ofDatabase = () => target(only("AWS::RDS::DBInstance").properties.VPCSecurityGroups[0])!;

  test("every function that uses the database may reach it, and go out by HTTPS only", () => {
    expect(functionsWithDatabase().length).toBe(queues().length + 3); // reconciler, api, migrate
    for (const { properties } of functionsWithDatabase()) {
      const [group] = properties.VpcConfig.SecurityGroupIds.map(target);
      const { SecurityGroupEgress } = groups().get(group)!.properties;
      expect(SecurityGroupEgress, properties.FunctionName).toEqual([
        expect.objectContaining({ CidrIp: "0.0.0.0/0", FromPort: 443, ToPort: 443, IpProtocol: "tcp" }),
      ]);
      const toDatabase = resourcesOf(withRds, "AWS::EC2::SecurityGroupEgress").filter(
        (rule) => target(rule.properties.GroupId) === group,
      );
      expect(toDatabase).toHaveLength(1);
      expect(toDatabase[0]!.properties).toMatchObject({ FromPort: 5432, ToPort: 5432 });
      expect(target(toDatabase[0]!.properties.DestinationSecurityGroupId)).toBe(ofDatabase());
    }
  });

  test("nothing but the functions reaches the database", () => {
    expect(groups().get(ofDatabase())!.properties.SecurityGroupIngress).toBeUndefined();
    const rules = resourcesOf(withRds, "AWS::EC2::SecurityGroupIngress").filter(
      ({ properties }) => target(properties.GroupId) === ofDatabase(),
    );
    expect(rules).toHaveLength(1);
    const from = target(rules[0]!.properties.SourceSecurityGroupId);
    expect(
      functionsWithDatabase().map(({ properties }) => target(properties.VpcConfig.SecurityGroupIds[0])),
    ).toEqual(functionsWithDatabase().map(() => from));
  });
});

test("each function has the login that it needs, by its secret, and trusts the authorities of RDS", () => {
  const secrets = byId("AWS::SecretsManager::Secret");
  const nameOf = (id: string | undefined) => {
    const attachment = resourcesOf(withRds, "AWS::SecretsManager::SecretTargetAttachment").find(
      (one) => one.id === id,
    );
    const secret = attachment === undefined ? id : target(attachment.properties.SecretId);
    return secrets.get(secret!)?.properties.Name?.replace("noctuary/staging/", "");
  };
  const logins = Object.fromEntries(
    functionsWithDatabase().map(({ properties }) => {
      expect(properties.Environment.Variables.NODE_EXTRA_CA_CERTS).toBe("/var/runtime/ca-cert.pem");
      return [
        properties.FunctionName.replace("staging-noctuary-", ""),
        nameOf(target(properties.Environment.Variables.DATABASE_SECRET_ID)),
      ];
    }),
  );
  expect(logins).toEqual({
    "nightly-cluster": "database-users",
    ...Object.fromEntries(jobs.flatMap(({ steps }) => steps).map(({ queue }) => [queue, "database-users"])),
    // They count users and read nothing of them: test/database/logins.server.test.ts runs them so.
    "nightly-stacks": "database-ledger",
    "weekly-insights": "database-ledger",
    reconciler: "database-ledger",
    api: "database-ledger",
    migrate: "database-owner",
  });
});

test("the migration is told which logins to make", () => {
  expect(JSON.stringify(only("Custom::SSTScript").properties.UserParams)).toMatch(/logins.*ledger.*users/);
});

test("each function may read its own login's secret and the keys that it asks with, and no other secret", () => {
  for (const { properties } of resourcesOf(withRds, "AWS::Lambda::Function")) {
    if (!("FunctionName" in properties)) continue;
    const name = properties.FunctionName.replace("staging-noctuary-", "");
    const role = target(properties.Role);
    const secretsRead = resourcesOf(withRds, "AWS::IAM::Policy")
      .filter(({ properties: policy }) => policy.Roles.some((of: unknown) => target(of) === role))
      .flatMap(({ properties: policy }) => policy.PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes("secretsmanager:GetSecretValue"))
      .flatMap(({ Resource }) => [Resource].flat());
    const variables = properties.Environment.Variables;
    const ids = ["DATABASE_SECRET_ID", "CRON_SECRET_ID", "OPENAI_SECRET_ID", "NOCTUARY_LLM_SECRET_ID"]
      .map((variable) => variables[variable])
      .filter((id) => id !== undefined);
    // The migration also reads the passwords of the logins that it makes.
    expect(secretsRead, name).toHaveLength(ids.length + (name === "migrate" ? 2 : 0));
    for (const id of ids) {
      const found = secretsRead.some((arn) =>
        typeof id === "string"
          ? JSON.stringify(arn).includes(`secret:${id}-??????`)
          : target(arn) === target(id),
      );
      expect(found, `${name} reads ${JSON.stringify(id)}`).toBe(true);
    }
  }
});
