import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tooLarge } from "@noctuary/functions/runtime/cron-request";
import { errorAnswer, HttpError } from "@noctuary/functions/runtime/http-answer";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import type { Gate } from "./gate.ts";

/** More than the handler takes: what is over its limit it must still be able to refuse in its own words. */
const MAX_READ_BYTES = 512 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface HttpServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** PEM. Without it the server speaks plain HTTP. */
  tls?: { certificate: string; key: string };
  gate: Gate;
  handler: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;
}

export interface RunningServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Stands where API Gateway stands on AWS: hands HTTP requests to the API's handler as the events it knows, after the
 * gate has let them in. Bounded in time and size, so that a slow or endless caller holds nothing up.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const { host, port, tls } = options;
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const listener: RequestListener = (request, response) => void answer(options, request, response);
  const server =
    tls === undefined
      ? createServer(timeouts, listener)
      : createTlsServer({ ...timeouts, cert: tls.certificate, key: tls.key }, listener);
  server.listen(port, host);
  await once(server, "listening");
  const { port: bound } = server.address() as AddressInfo;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? "http" : "https"}://${shownHost}:${bound}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(
  { gate, handler }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { statusCode, headers, body } = await (async () => {
    try {
      gate.admit(request);
      return await handler(await eventOf(request));
    } catch (error) {
      if (error instanceof HttpError) return errorAnswer(error);
      return errorAnswer(new HttpError(500, "internal_error", "the call failed on our side: see the log"));
    }
  })();
  response.writeHead(statusCode, {
    ...(headers as Record<string, string>),
    // A request whose body was not read to its end leaves the connection in no state for another.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function eventOf(request: IncomingMessage): Promise<APIGatewayProxyEvent> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const names = [...new Set(url.searchParams.keys())];
  const headers = Object.entries(request.headersDistinct).map(([name, values]): [string, string[]] => [
    name,
    values ?? [],
  ]);
  return {
    httpMethod: request.method ?? "GET",
    path: url.pathname,
    headers: Object.fromEntries(headers.map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: Object.fromEntries(
      names.map((name) => [name, url.searchParams.getAll(name).at(-1)]),
    ),
    multiValueQueryStringParameters: Object.fromEntries(
      names.map((name) => [name, url.searchParams.getAll(name)]),
    ),
    body: (await bodyOf(request)).toString("base64"),
    isBase64Encoded: true,
    pathParameters: null,
    stageVariables: null,
    resource: url.pathname,
    // What the gateway knows of itself, which no route asks for.
    requestContext: {} as APIGatewayProxyEvent["requestContext"],
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_READ_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
