import type { RecordedError } from "@noctuary/db/ledger/ledger.sql";

/** A failure that another try cannot mend: it is recorded and counted, and its message acknowledged. */
export class PermanentError extends Error {
  override readonly name = "PermanentError";
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was loaded has changed meanwhile: the work is done again from the present state. */
export class VersionConflictError extends Error {
  override readonly name = "VersionConflictError";
  readonly code = "version_conflict";
}

/** The function's time was up before the work had ended: it is given up, and another try begins it again. */
export class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
  readonly code = "out_of_time";
}

/** What a task of a run that somebody has called off ends with. */
export function runCancelled(): PermanentError {
  return new PermanentError("run_cancelled", "the run was cancelled before this task was done");
}

const SAFE_WORD = /^[\w.$-]{1,64}$/;

/**
 * The one way from an error to what may be logged or stored: class, code and constraint. Never the message, detail
 * or cause, because a driver's message holds query parameters and a database's detail the failing row: note text.
 */
export function recordable(error: unknown): RecordedError {
  const chain: object[] = [];
  for (let e = error; typeof e === "object" && e !== null && chain.length < 8; e = (e as Error).cause)
    chain.push(e);
  const withCode = chain.find((e) => safeWord((e as { code?: unknown }).code) !== undefined) ?? chain[0];
  const constraint = safeWord((withCode as { constraint?: unknown } | undefined)?.constraint);
  return {
    class: safeWord(withCode?.constructor?.name) ?? "Error",
    code: safeWord((withCode as { code?: unknown } | undefined)?.code) ?? "unknown",
    ...(constraint === undefined ? {} : { constraint }),
  };
}

function safeWord(value: unknown): string | undefined {
  return typeof value === "string" && SAFE_WORD.test(value) ? value : undefined;
}
