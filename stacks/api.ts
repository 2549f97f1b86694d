import { settingDefinitions } from "@noctuary/core/setting-definitions";
import type { CfnResource } from "aws-cdk-lib";
import {
  AccessLogField,
  AccessLogFormat,
  EndpointType,
  type GatewayResponseOptions,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseType,
  RestApi,
} from "aws-cdk-lib/aws-apigateway";
import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Function as SstFunction } from "sst/constructs";
import { API_CALLS_AT_ONCE } from "./connections.ts";
import { PROVIDER_PACKAGE, TOKENIZER_PACKAGE, WAITING_MB } from "./functions.ts";
import { idOf, lambda, mayRead, maySend, queueUrls, type Surroundings } from "./lambda.ts";

/** The gateway answers by itself after 29 s; the function must be able to say what was wrong before. */
const TIMEOUT_SECONDS = 25;

export interface Api {
  restApi: RestApi;
  handler: SstFunction;
}

/** The manual triggers over HTTPS: a REST API, because an HTTP API has no resource policy. */
export function cronApi(where: Surroundings, cronSecret: ISecret): Api {
  const { stack, app, configuration, queues } = where;
  const { allow, requestsPerSecond, burst, openUntil } = configuration.api;
  const handler = lambda(where, "api", {
    handler: "functions/src/api.handler",
    timeoutSeconds: TIMEOUT_SECONDS,
    memoryMb: WAITING_MB,
    database: "ledger",
    leftOut: [PROVIDER_PACKAGE, TOKENIZER_PACKAGE],
    reservedConcurrency: API_CALLS_AT_ONCE,
    environment: {
      ...queueUrls(queues),
      [settingDefinitions.cronSecretId.env]: idOf(cronSecret),
      [settingDefinitions.cronSecretOverlapHours.env]: String(configuration.cronSecret.overlapHours),
      ...(openUntil === undefined ? {} : { [settingDefinitions.cronRoutesUntil.env]: openUntil }),
    },
    grants: [maySend(queues), mayRead(cronSecret)],
  });
  const restApi = new RestApi(stack, "Api", {
    restApiName: app.logicalPrefixedName("api"),
    endpointTypes: [EndpointType.REGIONAL],
    policy: whoMayCall(allow),
    cloudWatchRole: true, // an access log needs it
    deployOptions: {
      stageName: "live",
      throttlingRateLimit: requestsPerSecond,
      throttlingBurstLimit: burst,
      accessLogDestination: new LogGroupLogDestination(
        new LogGroup(stack, "api-access-logs", {
          logGroupName: `/aws/apigateway/${app.logicalPrefixedName("api")}`,
          retention: configuration.logs.retentionDays,
        }),
      ),
      // No header, no query, no body: neither a secret nor a user's id.
      accessLogFormat: AccessLogFormat.custom(
        JSON.stringify({
          time: AccessLogField.contextRequestTime(),
          requestId: AccessLogField.contextRequestId(),
          sourceIp: AccessLogField.contextIdentitySourceIp(),
          method: AccessLogField.contextHttpMethod(),
          path: AccessLogField.contextPath(),
          status: AccessLogField.contextStatus(),
          latencyMs: AccessLogField.contextResponseLatency(),
          error: AccessLogField.contextErrorResponseType(),
        }),
      ),
    },
  });
  const integration = new LambdaIntegration(handler, { proxy: true, allowTestInvoke: false });
  const cron = restApi.root.addResource("api").addResource("cron");
  // Any method: the handler answers a wrong one with the right ones.
  cron.addResource("{job}").addMethod("ANY", integration);
  cron.addResource("runs").addResource("{id}").addMethod("ANY", integration);
  outliveTheStage(restApi);
  for (const [name, response] of Object.entries(gatewayResponses)) restApi.addGatewayResponse(name, response);
  return { restApi, handler };
}

/**
 * The role by which a gateway writes its logs is set once an account and region: by the time this stage goes, others log
 * by it. Overridden, because SST gives all resources of a stage one policy at last.
 */
function outliveTheStage(restApi: RestApi): void {
  const resources = [
    restApi.node.findChild("Account"),
    restApi.node.findChild("CloudWatchRole").node.defaultChild,
  ];
  for (const resource of resources as CfnResource[]) {
    resource.addOverride("DeletionPolicy", "Retain");
    resource.addOverride("UpdateReplacePolicy", "Retain");
  }
}

/**
 * HTTPS only, and only from the addresses that are allowed. The address is the connection's own: a header such as
 * X-Forwarded-For, which anybody can write, has no say.
 */
function whoMayCall(allow: readonly string[]): PolicyDocument {
  const invoke = {
    actions: ["execute-api:Invoke"],
    principals: [new AnyPrincipal()],
    resources: ["execute-api:/*"],
  };
  return new PolicyDocument({
    statements: [
      new PolicyStatement({ ...invoke, effect: Effect.ALLOW }),
      new PolicyStatement({
        ...invoke,
        effect: Effect.DENY,
        conditions: { Bool: { "aws:SecureTransport": "false" } },
      }),
      ...(allow.length === 0
        ? []
        : [
            new PolicyStatement({
              ...invoke,
              effect: Effect.DENY,
              conditions: { NotIpAddress: { "aws:SourceIp": [...allow] } },
            }),
          ]),
    ],
  });
}

/** What the gateway answers before the handler is asked, in the handler's one shape of an error. */
const gatewayResponses: Readonly<Record<string, GatewayResponseOptions>> = {
  Unauthorized: answer(
    ResponseType.UNAUTHORIZED,
    "401",
    "unauthorized",
    "send the header Authorization: Bearer <CRON_SECRET>",
  ),
  AccessDenied: answer(
    ResponseType.ACCESS_DENIED,
    "403",
    "forbidden",
    "this address may not call: ask whoever deployed this to allow it",
  ),
  // What REST APIs call a missing authentication token is a path that there is not.
  NoSuchRoute: answer(
    ResponseType.MISSING_AUTHENTICATION_TOKEN,
    "404",
    "not_found",
    "there is no such route",
  ),
  NoSuchResource: answer(ResponseType.RESOURCE_NOT_FOUND, "404", "not_found", "there is no such route"),
  // On a path that there is not, the gateway takes the bearer token for a signature of AWS, and finds it wrong.
  NoSuchRouteWithToken: answer(ResponseType.INVALID_SIGNATURE, "404", "not_found", "there is no such route"),
  TooLarge: answer(
    ResponseType.REQUEST_TOO_LARGE,
    "413",
    "body_too_large",
    "the body must not be larger than 256 KiB: leave userIds out to run for everybody",
  ),
  UnsupportedMediaType: answer(
    ResponseType.UNSUPPORTED_MEDIA_TYPE,
    "415",
    "unsupported_media_type",
    "send the body as JSON, with content-type: application/json",
  ),
  Throttled: answer(
    ResponseType.THROTTLED,
    "429",
    "too_many_requests",
    "too many calls: try again in a minute",
  ),
  QuotaExceeded: answer(
    ResponseType.QUOTA_EXCEEDED,
    "429",
    "too_many_requests",
    "too many calls: try again in a minute",
  ),
  IntegrationTimeout: answer(
    ResponseType.INTEGRATION_TIMEOUT,
    "504",
    "timeout",
    "the call took too long: it can be repeated, nothing is started twice",
  ),
  OtherOfTheCaller: answer(
    ResponseType.DEFAULT_4XX,
    undefined,
    "bad_request",
    "the call cannot be understood: is its route one of those documented?",
  ),
  OtherOfOurs: answer(
    ResponseType.DEFAULT_5XX,
    undefined,
    "internal_error",
    "the call failed on our side: it can be repeated, nothing is started twice",
  ),
};

function answer(
  type: ResponseType,
  statusCode: string | undefined,
  code: string,
  message: string,
): GatewayResponseOptions {
  return {
    type,
    ...(statusCode === undefined ? {} : { statusCode }),
    templates: { "application/json": JSON.stringify({ error: { code, message } }) },
    responseHeaders: { "Cache-Control": "'no-store'" },
  };
}
