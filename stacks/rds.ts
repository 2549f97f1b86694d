import { Duration } from "aws-cdk-lib";
import {
  InstanceType,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  ParameterGroup,
  PostgresEngineVersion,
  StorageType,
} from "aws-cdk-lib/aws-rds";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Stack } from "sst/constructs";
import type { RdsConfiguration } from "./configuration.ts";
import type { DatabaseAccess } from "./database.ts";

const DATABASE = "noctuary";
const POSTGRES_PORT = 5432;
const PASSWORD_CHARACTERS = 40;
/** A private range that seldom is in use already, should the network ever be joined to another. */
const NETWORK = "10.42.0.0/16";
/** A function's container that was frozen keeps its connection: the server ends it. */
const IDLE_SESSION_TIMEOUT_MS = 600_000;

/**
 * RDS Postgres, which has pgvector, in subnets that no address outside reaches. Functions stand in subnets of their own
 * whose way out is a NAT gateway: to Secrets Manager, SQS and a provider.
 */
export function rdsDatabase(stack: Stack, configuration: RdsConfiguration): DatabaseAccess {
  const vpc: IVpc = new Vpc(stack, "Network", {
    ipAddresses: IpAddresses.cidr(NETWORK),
    maxAzs: 2, // a subnet group wants two zones, also where the instance is in one
    natGateways: configuration.natGateways,
    subnetConfiguration: [
      { name: "public", subnetType: SubnetType.PUBLIC, cidrMask: 24 },
      { name: "functions", subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      { name: "database", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
    ],
  }) as IVpc;
  const ofFunctions = new SecurityGroup(stack, "FunctionsSecurityGroup", {
    vpc,
    description: "Functions: to the database, and HTTPS",
    allowAllOutbound: false,
  });
  const ofDatabase = new SecurityGroup(stack, "DatabaseSecurityGroup", {
    vpc,
    description: "The database: from functions only",
    allowAllOutbound: false,
  });
  ofFunctions.addEgressRule(Peer.anyIpv4(), Port.tcp(443), "Secrets Manager, SQS, the provider");
  ofFunctions.connections.allowTo(ofDatabase, Port.tcp(POSTGRES_PORT), "Postgres");
  const instance = postgres(stack, configuration, vpc, ofDatabase);
  const ledger = login(stack, instance, "ledger");
  const users = login(stack, instance, "users");
  return {
    secrets: { migrate: instance.secret as ISecret, ledger, users },
    logins: { ledger, users },
    network: { vpc, vpcSubnets: { subnetGroupName: "functions" }, securityGroup: ofFunctions },
    instance,
  };
}

function postgres(
  stack: Stack,
  configuration: RdsConfiguration,
  vpc: IVpc,
  securityGroup: SecurityGroup,
): DatabaseInstance {
  const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 });
  return new DatabaseInstance(stack, "Database", {
    engine,
    instanceType: new InstanceType(configuration.instanceClass),
    vpc,
    vpcSubnets: { subnetGroupName: "database" },
    securityGroups: [securityGroup],
    publiclyAccessible: false,
    multiAz: configuration.multiAz,
    storageType: StorageType.GP3,
    storageEncrypted: true,
    allocatedStorage: configuration.storageGb,
    maxAllocatedStorage: configuration.maxStorageGb,
    backupRetention: Duration.days(configuration.backupDays),
    copyTagsToSnapshot: true,
    deletionProtection: configuration.deletionProtection,
    autoMinorVersionUpgrade: true,
    databaseName: DATABASE,
    port: POSTGRES_PORT,
    credentials: Credentials.fromGeneratedSecret("noctuary_owner", {
      secretName: `noctuary/${stack.stage}/database-owner`,
    }),
    cloudwatchLogsExports: ["postgresql"],
    parameterGroup: new ParameterGroup(stack, "DatabaseParameters", {
      engine,
      parameters: {
        "rds.force_ssl": "1",
        max_connections: String(configuration.maxConnections),
        idle_session_timeout: String(IDLE_SESSION_TIMEOUT_MS),
        // An error's detail quotes the row that failed, and rows hold notes.
        log_error_verbosity: "terse",
        log_statement: "none",
      },
    }),
  });
}

/** Nobody knows its password but this secret, and the migration that makes it. */
function login(stack: Stack, instance: DatabaseInstance, name: "ledger" | "users"): ISecret {
  return new Secret(stack, `${name}-login`, {
    secretName: `noctuary/${stack.stage}/database-${name}`,
    generateSecretString: {
      secretStringTemplate: JSON.stringify({
        engine: "postgres",
        host: instance.dbInstanceEndpointAddress,
        port: POSTGRES_PORT,
        dbname: DATABASE,
        username: `noctuary_${name}_login`,
      }),
      generateStringKey: "password",
      passwordLength: PASSWORD_CHARACTERS,
      excludePunctuation: true,
    },
  }) as ISecret;
}
