import type { APIGatewayProxyResult } from "aws-lambda";

/** An answer other than success. Its message is for whoever calls: it says what to do, and nothing of a note or a secret. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function jsonAnswer(
  statusCode: number,
  value: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyResult {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: `${JSON.stringify(value)}\n`,
  };
}

/** The one shape of every error, those that a gateway makes included. */
export function errorAnswer({ status, code, message, headers }: HttpError): APIGatewayProxyResult {
  return jsonAnswer(status, errorBody(code, message), headers);
}

export function errorBody(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}
