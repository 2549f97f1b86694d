/** What scripts can tell from the exit code. */
export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3 } as const;

/** Something that the person who gave the command can put right; the message says how. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly exitCode: number;
  constructor(message: string, exitCode: number = EXIT.failed, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export class UsageError extends CommandError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, EXIT.usage, options);
  }
}
