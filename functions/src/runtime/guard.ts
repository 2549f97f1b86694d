import type { Context } from "@noctuary/core/context";
import { recordable } from "@noctuary/core/errors";
import type { MetricDimensions } from "@noctuary/core/metrics";
import type { Context as LambdaContext } from "aws-lambda";
import { watchResources } from "./resource-use.ts";

/** Asked once an invocation: what it gives may have changed meanwhile. */
export type ContextSource = () => Context | Promise<Context>;

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
  context: ContextSource,
  handle: (context: Context, event: Event, lambda: LambdaContext) => Promise<Result>,
  /** Which function this is, for what is measured of it. */
  dimensions: MetricDimensions,
): (event: Event, lambda: LambdaContext) => Promise<Result> {
  return async (event, lambda) => {
    // Not guarded: nothing of a user's is in reach yet, and whoever set this up must read which setting is wrong.
    const live = await context();
    const tellUse = watchResources(dimensions);
    try {
      return await handle(live, event, lambda);
    } catch (error) {
      const recorded = recordable(error);
      live.logger.error("invocation failed", { errorClass: recorded.class, errorCode: recorded.code });
      throw new RecordedFailure(recorded.class, recorded.code);
    } finally {
      tellUse(live.metrics, lambda);
    }
  };
}
