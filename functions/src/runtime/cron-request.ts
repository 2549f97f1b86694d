import type { APIGatewayProxyEvent } from "aws-lambda";
import type * as z from "zod";
import { HttpError } from "./http-answer.ts";
import { type ManualOptions, manualOptions } from "./orchestrator.ts";

const MAX_BODY_BYTES = 256 * 1024;

/**
 * What a call asks for: the JSON of its body, or the parameters of its query, which callers without a body have.
 *
 * @throws {HttpError} 400, 413 or 415, saying what to send instead
 */
export function requestedOptions(event: APIGatewayProxyEvent): z.output<typeof manualOptions> {
  const fromBody = bodyOf(event);
  const fromQuery = queryOptions(event);
  const twice = Object.keys(fromBody).find((name) => name in fromQuery);
  if (twice !== undefined) throw badRequest(`${twice} stands in the query and in the body: give it once`);
  const parsed = manualOptions.safeParse({ ...fromBody, ...fromQuery });
  if (parsed.success) return parsed.data;
  throw badRequest(problemOf(parsed.error));
}

function bodyOf(event: APIGatewayProxyEvent): Record<string, unknown> {
  const text = textOf(event);
  if (text.trim() === "") return {};
  const type = headerOf(event, "content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "" && type !== "application/json" && !type.endsWith("+json")) {
    throw new HttpError(
      415,
      "unsupported_media_type",
      "send the body as JSON, with content-type: application/json",
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest("the body is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest('the body must be a JSON object, such as {"dryRun": true}');
  }
  return value as Record<string, unknown>;
}

function textOf({ body, isBase64Encoded }: APIGatewayProxyEvent): string {
  if (body === null || body === undefined) return "";
  const bytes = isBase64Encoded ? Buffer.from(body, "base64") : Buffer.from(body);
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  return bytes.toString("utf8");
}

/** Also for a server that stops reading before it has the whole. */
export function tooLarge(): HttpError {
  return new HttpError(
    413,
    "body_too_large",
    `the body must not be larger than ${MAX_BODY_BYTES / 1024} KiB: leave userIds out to run for everybody`,
  );
}

const FLAGS = ["dryRun", "full"] as const satisfies (keyof ManualOptions)[];

function queryOptions({
  queryStringParameters,
  multiValueQueryStringParameters,
}: APIGatewayProxyEvent): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const [name, last] of Object.entries(queryStringParameters ?? {})) {
    const values = multiValueQueryStringParameters?.[name] ?? [last];
    if (!FLAGS.some((flag) => flag === name)) {
      throw badRequest(`the query knows ${FLAGS.join(" and ")} only; the rest goes into the body`);
    }
    if (values.length !== 1 || (values[0] !== "true" && values[0] !== "false")) {
      throw badRequest(`${name} must be true or false, once`);
    }
    options[name] = values[0] === "true";
  }
  return options;
}

/** A header's value; the last where it came several times. Names come in any case. */
export function headerOf({ headers }: APIGatewayProxyEvent, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([given]) => given.toLowerCase() === name)?.[1];
}

function badRequest(message: string): HttpError {
  return new HttpError(400, "bad_request", message);
}

function problemOf({ issues }: z.ZodError): string {
  const { path, code, message, ...issue } = issues[0]!;
  if (code === "unrecognized_keys") {
    return `there is no field ${(issue as { keys: string[] }).keys[0]?.slice(0, 64)}: there are ${Object.keys(manualOptions.shape).join(", ")}`;
  }
  return `${path.join(".")}: ${message}`;
}
