import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { errorAnswer, HttpError } from "./http-answer.ts";

/**
 * Answers 410 from a moment on, to everybody and without a look at secret or route: once an older deployment's crons are
 * switched off, nobody calls these routes any more, and the secret that opened them can go.
 */
export function closingRoutes(
  until: () => string | undefined,
  handler: (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>,
): (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult> {
  return async (event) => {
    const moment = until();
    if (moment === undefined || Date.now() < Date.parse(moment)) return handler(event);
    return errorAnswer(
      new HttpError(
        410,
        "routes_closed",
        `the manual routes are closed since ${moment}: runs are started by their schedule`,
      ),
    );
  };
}
