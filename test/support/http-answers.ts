import type { ServerResponse } from "node:http";

const ERROR_MESSAGE = "'$.input' is invalid.";

/** OpenAI's error body. */
export function sendError(
  response: ServerResponse,
  status: number,
  { code, type, headers }: { code?: string; type?: string; headers?: Record<string, string> },
): void {
  const error = {
    message: ERROR_MESSAGE,
    type: type ?? "invalid_request_error",
    param: null,
    code: code ?? null,
  };
  sendJson(response, status, { error }, headers);
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  send(response, status, Buffer.from(JSON.stringify(body)), "application/json", headers);
}

export function send(
  response: ServerResponse,
  status: number,
  body: Buffer,
  type = "application/json",
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": type, "content-length": body.length, ...headers });
  response.end(body);
}
