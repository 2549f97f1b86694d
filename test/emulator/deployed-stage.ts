import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { queues } from "@noctuary/core/jobs";
import { queueUrlVariable } from "@noctuary/core/settings";
import { ACCOUNT, type Emulator, ROOT } from "./emulator.ts";

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export type DeployedStage = ReturnType<typeof deployedStage>;

/** What a person with the right to do so does to a deployed stage. The SDK's clients go where the environment says. */
export function deployedStage(aws: Emulator, stage: string) {
  const lambda = new LambdaClient({});
  const sqs = new SQSClient({});
  const secrets = new SecretsManagerClient({});
  const named = (name: string) => `${stage}-noctuary-${name}`;

  const queueUrl = async (queue: string) =>
    (await sqs.send(new GetQueueUrlCommand({ QueueName: named(queue) }))).QueueUrl!;
  const attributeOf = async (queue: string, name: "ApproximateNumberOfMessages" | "VisibilityTimeout") => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: await queueUrl(queue), AttributeNames: [name] }),
    );
    return Number(Attributes![name]);
  };
  const setVisibility = async (queue: string, seconds: number) =>
    sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: await queueUrl(queue),
        Attributes: { VisibilityTimeout: String(seconds) },
      }),
    );
  const setTimeoutOf = (name: string, seconds: number) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: named(name), Timeout: seconds }));

  const invoke = async (name: string, event: string) => {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: named(name), Payload: Buffer.from(event) }),
    );
    return { FunctionError, payload: Buffer.from(Payload ?? []).toString() };
  };
  const invokeOrThrow = async (name: string, event: string) => {
    const answer = await invoke(name, event);
    if (answer.FunctionError !== undefined) throw new Error(`${name}: ${answer.payload}`);
    return answer;
  };

  const cronSecret = async () => {
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: `noctuary/${stage}/cron-secret` }),
    );
    return SecretString!;
  };
  const apiId = (): string => {
    const outputs = JSON.parse(readFileSync(join(ROOT, ".sst/outputs.json"), "utf8"));
    return outputs[`${stage}-noctuary-Jobs`].ApiId;
  };
  /** The emulator's own address of the gateway; the stack's output names AWS. */
  const url = (path: string) => `${aws.url}/restapis/${apiId()}/live/_user_request_${path}`;
  /** For what is not worth a client of its own: the emulator reads of a signature which service is meant. */
  const signedFor = (service: string, path: string, request: RequestInit = {}) =>
    fetch(`${aws.url}${path}`, {
      ...request,
      headers: {
        authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/us-east-1/${service}/aws4_request`,
        ...request.headers,
      },
    });
  const asked = async (service: string, target: string, request: object) => {
    const response = await signedFor(service, "/", {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
      body: JSON.stringify(request),
    });
    return response.json();
  };

  return {
    url,
    cronSecret,
    invoke,
    invokeOrThrow,
    queueUrl,
    messagesIn: (queue: string) => attributeOf(queue, "ApproximateNumberOfMessages"),
    async send(queue: string, body: string) {
      await sqs.send(new SendMessageCommand({ QueueUrl: await queueUrl(queue), MessageBody: body }));
    },
    async putSecret(name: string, text: string) {
      const id = `noctuary/${stage}/${name}`;
      try {
        await secrets.send(new CreateSecretCommand({ Name: id, SecretString: text }));
      } catch (error) {
        if (!(error instanceof ResourceExistsException)) throw error;
        await secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
      }
    },
    async removeSecret(name: string) {
      const SecretId = `noctuary/${stage}/${name}`;
      await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    },
    /** As an operator would have to for a test: three receives take as long as the queue's visibility three times. */
    async shorten(queue: string, to: { timeoutSeconds: number; visibilitySeconds: number }) {
      const visibility = await attributeOf(queue, "VisibilityTimeout");
      await setTimeoutOf(queue, to.timeoutSeconds);
      await setVisibility(queue, to.visibilitySeconds);
      return {
        async restore() {
          await setTimeoutOf(
            queue,
            queues().find((one) => one.queue === queue)!.step.limits.timeoutMs / 1000,
          );
          await setVisibility(queue, visibility);
        },
      };
    },
    /** What the schedule sends, as it was deployed. */
    async scheduleInput(job: string): Promise<string> {
      const response = await signedFor("scheduler", `/schedules/${named(job)}`);
      return ((await response.json()) as { Target: { Input: string } }).Target.Input;
    },
    /** Names of all stacks of the region, others' included. */
    async stackNames(): Promise<string[]> {
      const form = new URLSearchParams({ Action: "DescribeStacks", Version: "2010-05-15" });
      const response = await signedFor("cloudformation", "/", { method: "POST", body: form });
      return [...(await response.text()).matchAll(/<StackName>([^<]+)/g)].map(([, name]) => name!);
    },
    /** What a deployed alarm watches. */
    async alarm(name: string) {
      const { MetricAlarms } = (await asked("monitoring", "GraniteServiceVersion20100801.DescribeAlarms", {
        AlarmNames: [named(name)],
      })) as {
        MetricAlarms: {
          Namespace: string;
          MetricName: string;
          Dimensions: { Name: string; Value: string }[];
        }[];
      };
      const { Namespace: namespace, MetricName: metric, Dimensions } = MetricAlarms[0]!;
      return {
        namespace,
        metric,
        dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
      };
    },
    /** What a function has printed, as CloudWatch Logs has it. */
    async logOf(name: string): Promise<string> {
      const { events } = (await asked("logs", "Logs_20140328.FilterLogEvents", {
        logGroupName: `/aws/lambda/${named(name)}`,
      })) as { events: { message: string }[] };
      return events.map(({ message }) => message).join("\n");
    },
    /** What the deployed gateway answers by itself. */
    async gatewayResponse(type: string) {
      const response = await signedFor("apigateway", `/restapis/${apiId()}/gatewayresponses/${type}`);
      return (await response.json()) as { statusCode: string; responseTemplates: Record<string, string> };
    },
    async queueUrls(): Promise<Record<string, string>> {
      const urls = queues().map(async ({ queue }) => [queueUrlVariable(queue), await queueUrl(queue)]);
      return Object.fromEntries(await Promise.all(urls));
    },
    async functionNames(): Promise<string[]> {
      const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
      return Functions.map(({ FunctionName }) => FunctionName!).filter((name) =>
        name.startsWith(`${stage}-`),
      );
    },
    async call(
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Answer> {
      const response = await fetch(url(path), {
        method,
        headers: {
          authorization: `Bearer ${await cronSecret()}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Answer["body"] };
    },
    /** With the true curl, as the documentation has it. */
    async curl(...args: string[]): Promise<Answer> {
      const { stdout } = await promisify(execFile)("curl", [
        "--silent",
        "--write-out",
        "\n%{http_code}",
        "-H",
        `Authorization: Bearer ${await cronSecret()}`,
        ...args,
      ]);
      const end = stdout.lastIndexOf("\n");
      return { status: Number(stdout.slice(end + 1)), body: JSON.parse(stdout.slice(0, end)) };
    },
    close() {
      for (const client of [lambda, sqs, secrets]) client.destroy();
    },
  };
}
