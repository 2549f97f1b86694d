import type { Context } from "@noctuary/core/context";
import { recordable } from "@noctuary/core/errors";
import type { Context as LambdaContext } from "aws-lambda";

/** What leaves a handler instead of an error: class and code, for Lambda prints message, stack and cause. */
class RecordedFailure extends Error {
  override readonly name = "RecordedFailure";
  readonly code: string;
  constructor(errorClass: string, code: string) {
    super(`${errorClass}: ${code}`);
    this.code = code;
    this.stack = this.message;
  }
}

/**
 * Logs what ends an invocation and throws it on without its message: that could hold note text. Inside middy and not
 * one of its `onError` middlewares, because middy attaches the original error to what such a one throws.
 */
export function guard<Event, Result>(
  context: () => Context,
  handle: (event: Event, lambda: LambdaContext) => Promise<Result>,
): (event: Event, lambda: LambdaContext) => Promise<Result> {
  return async (event, lambda) => {
    try {
      return await handle(event, lambda);
    } catch (error) {
      const recorded = recordable(error);
      context().logger.error("invocation failed", { errorClass: recorded.class, errorCode: recorded.code });
      throw new RecordedFailure(recorded.class, recorded.code);
    }
  };
}
