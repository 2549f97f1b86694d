import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { queueUrlVariable } from "@noctuary/core/settings";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { type App, type FunctionProps, Function as SstFunction, type Stack } from "sst/constructs";
import type { StageConfiguration } from "./configuration.ts";
import type { DatabaseAccess, DatabaseLogin } from "./database.ts";
import { chosenSettings } from "./environment.ts";
import type { StepQueues } from "./queues.ts";

/** What every function is deployed into. */
export interface Surroundings {
  stack: Stack;
  app: App;
  configuration: StageConfiguration;
  database: DatabaseAccess;
  queues: StepQueues;
}

export interface LambdaProps {
  handler: string;
  timeoutSeconds: number;
  memoryMb: number;
  /** The login that it uses; without one it gets no secret of the database. */
  database?: DatabaseLogin;
  /** Packages that its bundle goes without: nothing of it asks for them at run time. */
  leftOut?: string[];
  environment?: Record<string, string>;
  grants?: PolicyStatement[];
  /** The most that run at once, where no event source bounds it. */
  reservedConcurrency?: number;
  retryAttempts?: number;
  copyFiles?: FunctionProps["copyFiles"];
  /** False: not bound to a developer's machine under `sst dev`. */
  isLive?: boolean;
}

/** The account's own bus: `insight.ready` of the source `noctuary` is heard there. */
export const EVENT_BUS = "default";

/** The certificate authorities of RDS as the runtime brings them along; Node trusts them only where it is told to. */
const RDS_AUTHORITIES = "/var/runtime/ca-cert.pem";

/** A function with a role, a log group and a bundle of its own. */
export function lambda(
  { stack, app, configuration, database }: Surroundings,
  name: string,
  props: LambdaProps,
): SstFunction {
  const functionName = app.logicalPrefixedName(name);
  const secret = props.database === undefined ? undefined : database.secrets[props.database];
  const network = secret === undefined ? undefined : database.network;
  return new SstFunction(stack, `${name}-function`, {
    functionName,
    handler: props.handler,
    timeout: props.timeoutSeconds,
    memorySize: props.memoryMb,
    ...(props.reservedConcurrency === undefined
      ? {}
      : { reservedConcurrentExecutions: props.reservedConcurrency }),
    ...(props.retryAttempts === undefined ? {} : { retryAttempts: props.retryAttempts }),
    ...(props.copyFiles === undefined ? {} : { copyFiles: props.copyFiles }),
    ...(props.isLive === false ? { enableLiveDev: false } : {}),
    ...(network === undefined
      ? {}
      : { vpc: network.vpc, vpcSubnets: network.vpcSubnets, securityGroups: [network.securityGroup] }),
    runtime: "nodejs24.x",
    architecture: "arm_64",
    // Lambda's own traces, which know of no payload; no tracer is in a bundle (docs/adr/0005).
    tracing: "active",
    nodejs: {
      format: "esm",
      minify: true,
      // Logs hold class and code of an error and no stack, so nobody would read a source map.
      sourcemap: false,
      // pg asks for it only where `pg.native` is read. Unless it is named here, SST installs whatever version is the
      // newest, with its native dependencies, into each bundle.
      esbuild: { external: ["pg-native", ...(props.leftOut ?? [])] },
    },
    logGroup: new LogGroup(stack, `${name}-logs`, {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: configuration.logs.retentionDays,
    }),
    environment: {
      ...chosenSettings(configuration),
      ...(secret === undefined
        ? {}
        : {
            [settingDefinitions.databaseSecretId.env]: idOf(secret),
            [settingDefinitions.databaseConnections.env]: "1",
          }),
      ...(network === undefined ? {} : { NODE_EXTRA_CA_CERTS: RDS_AUTHORITIES }),
      ...props.environment,
    },
    initialPolicy: [...(props.grants ?? []), ...(secret === undefined ? [] : [mayRead(secret)])],
  });
}

/** Where each step's queue is. */
export function queueUrls(queues: StepQueues): Record<string, string> {
  return Object.fromEntries([...queues].map(([queue, { queueUrl }]) => [queueUrlVariable(queue), queueUrl]));
}

/** To every step's queue: whoever sends the outbox sends what any step has put there. */
export function maySend(queues: StepQueues): PolicyStatement {
  return new PolicyStatement({
    actions: ["sqs:SendMessage"],
    resources: [...queues.values()].map(({ queueArn }) => queueArn),
  });
}

/** Whoever ends a task puts the events that any task has left. */
export function mayPutEvents(stack: Stack): PolicyStatement {
  return new PolicyStatement({
    actions: ["events:PutEvents"],
    resources: [stack.formatArn({ service: "events", resource: "event-bus", resourceName: EVENT_BUS })],
    conditions: { StringEquals: { "events:source": "noctuary" } },
  });
}

export function mayRead(secret: ISecret): PolicyStatement {
  return new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: [arnOf(secret)] });
}

/** By what a function asks for a secret: the ARN of one that the stack made, the name of one that was there. */
export function idOf(secret: ISecret): string {
  return secret.secretFullArn ?? secret.secretName;
}

/** Secrets Manager ends an ARN with a hyphen and six characters of its own, which nobody knows who only has the name. */
function arnOf(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}
