/** A finding of cdk-nag's AwsSolutions rules that is meant to be so, and why. */
export interface NagSuppression {
  rule: string;
  /** The constructs, by their path in the stack. */
  paths: RegExp;
  /** Which part of them, where the rule looks at several. */
  findings?: RegExp;
  reason: string;
}

/**
 * All of them. A test holds each finding against this list, and this list against the findings: one that is not
 * explained fails, and so does an explanation that nothing needs any more.
 */
export const nagSuppressions: readonly NagSuppression[] = [
  {
    rule: "AwsSolutions-IAM4",
    paths: /\/ServiceRole\/Resource$/,
    findings: /AWSLambda(BasicExecutionRole|VPCAccessExecutionRole)/,
    reason:
      "Lets a function write its log and, in a network, have its interfaces there: AWS keeps both policies to that, and every other grant is written by hand.",
  },
  {
    rule: "AwsSolutions-IAM4",
    paths: /^Api\/CloudWatchRole\/Resource$/,
    findings: /AmazonAPIGatewayPushToCloudWatchLogs/,
    reason:
      "The role by which API Gateway writes access logs: one an account and region, and AWS wants this policy on it.",
  },
  {
    rule: "AwsSolutions-IAM5",
    paths: /^SchedulerRoleForTarget-\w+\/DefaultPolicy\/Resource$/,
    reason: "A schedule may start its one function, in any version of it: the star stands for the version.",
  },
  {
    rule: "AwsSolutions-IAM5",
    paths: /^Migration\/ScriptHandler\/ServiceRole\/DefaultPolicy\/Resource$/,
    reason: "SST's script may call the one function that migrates, in any version of it.",
  },
  {
    rule: "AwsSolutions-IAM5",
    paths: /-function\/ServiceRole\/DefaultPolicy\/Resource$/,
    findings: /^Resource::\*$/,
    reason: "Lambda's own traces: X-Ray knows no narrower grant than to write any.",
  },
  {
    rule: "AwsSolutions-L1",
    paths: /^(CustomResourceHandler|Migration\/ScriptHandler)\/Resource$/,
    reason:
      "SST's own helpers of a deploy, on the runtime that this version of SST is tested with. All functions of ours run on nodejs24.x.",
  },
  {
    rule: "AwsSolutions-SQS3",
    paths: /-start-dlq\/Resource$/,
    reason:
      "They are dead-letter queues: of schedules and of asynchronous calls, which the rule does not see.",
  },
  {
    rule: "AwsSolutions-APIG2",
    paths: /^Api\/Resource$/,
    reason:
      "The function checks every request itself, and says what is wrong in the one shape that errors have; a model of the gateway's would answer with another.",
  },
  {
    rule: "AwsSolutions-APIG3",
    paths: /^Api\/DeploymentStage\.live\/Resource$/,
    reason:
      "Two routes behind a secret, an allow list of addresses and a throttle: a web ACL would cost more at rest than all the rest of the API.",
  },
  {
    rule: "AwsSolutions-APIG4",
    paths: /^Api\/Default\/api\/cron\//,
    reason:
      "The function compares the bearer secret in constant time; an authorizer would be a second place that knows it. Older callers' commands stay as they are.",
  },
  {
    rule: "AwsSolutions-COG4",
    paths: /^Api\/Default\/api\/cron\//,
    reason: "Called by cron services, not by people: there is nobody to sign in.",
  },
  {
    rule: "AwsSolutions-APIG6",
    paths: /^Api\/DeploymentStage\.live\/Resource$/,
    reason:
      "Execution logs repeat headers and bodies, which name users. The access log tells every call, its status and its address.",
  },
  {
    rule: "AwsSolutions-RDS3",
    paths: /^Database\/Resource$/,
    reason:
      "One zone by default, because a second one doubles the bill and a night can wait: multiAz of the stage's configuration turns it on.",
  },
  {
    rule: "AwsSolutions-RDS11",
    paths: /^Database\/Resource$/,
    reason:
      "The usual port, in subnets that no address outside reaches, open to the functions' security group alone: another number hides nothing.",
  },
  {
    rule: "AwsSolutions-SMG4",
    paths: /^(Database\/Secret|(ledger|users)-login)\/Resource$/,
    reason:
      "Random passwords that no person knows. They can be replaced while functions run; a schedule for it would need a function with the owner's rights in the network at all times.",
  },
  {
    rule: "AwsSolutions-VPC7",
    paths: /^Network\/Resource$/,
    reason:
      "Nothing in the network listens but the database, whose connections PostgreSQL logs; flow logs of every request to a provider would cost more than the functions.",
  },
];
