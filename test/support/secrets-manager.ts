import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SecretsManager {
  /** What the SDK needs to come here instead of to AWS. */
  environment: Record<string, string>;
  /** The ids whose text was asked for, in order. */
  asked: string[];
  /** The text of every secret; without one, there is no such secret. */
  text: string | undefined;
  /** The version before; without one the secret was never rotated, or the former version was revoked. */
  previousText: string | undefined;
  /** What AWS answers where there is no such secret: that depends on how the caller's grant names it. */
  missing: "ResourceNotFoundException" | "AccessDeniedException";
  /** When the present version was made. */
  createdAt: Date;
  close(): void;
}

interface Version {
  id: string;
  text: string;
  createdAt: Date;
  stages: Set<string>;
}

interface Request {
  SecretId: string;
  VersionId?: string;
  VersionStage?: string;
  VersionStages?: string[];
  ClientRequestToken?: string;
  SecretString?: string;
  MoveToVersionId?: string;
  RemoveFromVersionId?: string;
}

/**
 * Answers over the wire as Secrets Manager does: GetSecretValue, DescribeSecret, PutSecretValue,
 * UpdateSecretVersionStage. It knows one secret, by whatever id.
 */
export async function startSecretsManager(text?: string): Promise<SecretsManager> {
  const asked: string[] = [];
  const versions: Version[] = [];
  const staged = (stage: string) => versions.find(({ stages }) => stages.has(stage));
  const put = (stage: string, of: string | undefined) => {
    const present = staged(stage);
    if (of === undefined) present?.stages.delete(stage);
    else if (present !== undefined) present.text = of;
    else versions.push({ id: randomUUID(), text: of, createdAt: new Date(), stages: new Set([stage]) });
  };
  const answer = (action: string, request: Request): object | string => {
    if (action === "GetSecretValue") {
      const { SecretId, VersionId, VersionStage } = request;
      asked.push(SecretId);
      const stage = VersionStage ?? "AWSCURRENT";
      const found = versions.find(
        ({ id, stages }) => stages.has(stage) && (VersionId === undefined || id === VersionId),
      );
      if (found === undefined) return manager.missing;
      return { Name: SecretId, SecretString: found.text, CreatedDate: found.createdAt.getTime() / 1000 };
    }
    if (action === "DescribeSecret") {
      return { VersionIdsToStages: Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]])) };
    }
    if (action === "PutSecretValue") {
      const { ClientRequestToken, SecretString, VersionStages } = request;
      for (const { stages } of versions) for (const stage of VersionStages!) stages.delete(stage);
      const made = { id: ClientRequestToken!, text: SecretString!, createdAt: new Date() };
      versions.push({ ...made, stages: new Set(VersionStages) });
      return { VersionId: made.id };
    }
    if (action === "UpdateSecretVersionStage") {
      const { VersionStage, MoveToVersionId, RemoveFromVersionId } = request;
      const from = versions.find(({ id }) => id === RemoveFromVersionId);
      if (!from?.stages.delete(VersionStage!)) return "InvalidParameterException";
      versions.find(({ id }) => id === MoveToVersionId)?.stages.add(VersionStage!);
      if (VersionStage === "AWSCURRENT") {
        for (const { stages } of versions) stages.delete("AWSPREVIOUS");
        from.stages.add("AWSPREVIOUS");
      }
      return {};
    }
    return "UnknownOperationException";
  };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const action = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
    const answered = answer(action, JSON.parse(body));
    response.setHeader("content-type", "application/x-amz-json-1.1");
    response.statusCode = typeof answered === "string" ? 400 : 200;
    response.end(
      JSON.stringify(
        typeof answered === "string"
          ? { __type: answered, message: "refused by the test's server" }
          : answered,
      ),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  put("AWSCURRENT", text);
  const manager: SecretsManager = {
    missing: "ResourceNotFoundException",
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    asked,
    get text() {
      return staged("AWSCURRENT")?.text;
    },
    set text(of) {
      put("AWSCURRENT", of);
    },
    get previousText() {
      return staged("AWSPREVIOUS")?.text;
    },
    set previousText(of) {
      put("AWSPREVIOUS", of);
    },
    get createdAt() {
      return staged("AWSCURRENT")!.createdAt;
    },
    set createdAt(at) {
      staged("AWSCURRENT")!.createdAt = at;
    },
    close: () => void server.close(),
  };
  return manager;
}
