import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SecretsManager {
  /** What the SDK needs to come here instead of to AWS. */
  environment: Record<string, string>;
  /** The ids that were asked for, in order. */
  asked: string[];
  /** The text of every secret; without one, there is no such secret. */
  text: string | undefined;
  /** The version before; without one the secret was never rotated, or the former version was revoked. */
  previousText: string | undefined;
  /** When the present version was made. */
  createdAt: Date;
  close(): void;
}

/** Answers GetSecretValue over the wire, as Secrets Manager does. */
export async function startSecretsManager(text?: string): Promise<SecretsManager> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { SecretId, VersionStage } = JSON.parse(body);
    const text = VersionStage === "AWSPREVIOUS" ? manager.previousText : manager.text;
    manager.asked.push(SecretId);
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.statusCode = text === undefined ? 400 : 200;
    response.end(
      JSON.stringify(
        text === undefined
          ? { __type: "ResourceNotFoundException", message: "there is no such secret" }
          : { Name: SecretId, SecretString: text, CreatedDate: manager.createdAt.getTime() / 1000 },
      ),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const manager: SecretsManager = {
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    asked: [],
    text,
    previousText: undefined,
    createdAt: new Date(),
    close: () => void server.close(),
  };
  return manager;
}
