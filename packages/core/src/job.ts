import type { LedgerTransaction, Line, Statement, UserTransaction } from "@noctuary/db/access";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import type { Claim, ClaimedTask } from "@noctuary/db/ledger/task";
import type { Night } from "@noctuary/db/ledger/wait";
import type * as z from "zod";
import type { Context } from "./context.ts";
import type { Measurement } from "./metrics.ts";

export interface Job {
  /** The one word for this job everywhere: folder, schedule, log key, metric dimension, CLI argument. */
  readonly slug: string;
  readonly schedule: {
    readonly timeZone: string;
    readonly localTime: string;
    readonly days: "daily" | "sunday";
  };
  readonly plan: PlanStep;
  readonly steps: readonly UserStep[];
  /** Where many tasks of a user lead to one: which steps these are. */
  readonly fanIn?: { readonly from: string; readonly into: string };
  /** Runs in the transaction that ends the part of a user whose tasks were cancelled before the last one began. */
  abandoned?(tx: UserTransaction, run: Run, userId: string): Promise<void>;
}

/** Receives before the queue puts a message aside as one that crashes its worker; tries are counted in the ledger. */
export const MAX_RECEIVES = 3;

export interface StepLimits {
  /** The function's timeout. The lease is longer, the queue's visibility longer still. */
  readonly timeoutMs: number;
  readonly leaseMs: number;
  readonly visibilityTimeoutSeconds: number;
  readonly maximumConcurrency: number;
  /** Messages that one invocation gets at most. */
  readonly messagesAtOnce: number;
}

interface StepInput<Payload> {
  readonly context: Context;
  readonly run: Run;
  readonly task: ClaimedTask;
  readonly payload: Payload;
  /** Milliseconds until the function is stopped. */
  readonly remainingMs: () => number;
  /** Aborted shortly before that: what has not ended by then is given up, and its task handed back. */
  readonly signal: AbortSignal;
}

/** Either what to save, together with the task's end in one transaction, or when to go on. */
export type Outcome<Tx> = Save<Tx> | SaveAtOnce | { laterInMs: number; payload?: unknown };

export interface Save<Tx> {
  /** Returns the task's result. */
  save(tx: Tx): Promise<Totals>;
}

/** For small tasks, of which there are many. */
export interface SaveAtOnce {
  /** The task's result. */
  result: Totals;
  /** Ends the task, saves what came of it, and does what the step's `ended` would: all that the transaction says. */
  statement: Statement;
}

/** A wait for a user's part in another job. It costs no attempt. */
export interface Wait {
  waitsFor: Night;
  /** Milliseconds left to wait, 0 when it is over. Asked once more while nothing can end the wait unseen. */
  leftMs(tx: LedgerTransaction): Promise<number>;
}

/** Finds out what there is to do and makes tasks of it. One a run. */
export interface PlanStep {
  readonly slug: "plan";
  /** The queue through which a plan that ran out of time goes on. */
  readonly queue: string;
  readonly limits: StepLimits;
  work(input: StepInput<unknown>): Promise<Exclude<Outcome<LedgerTransaction>, SaveAtOnce>>;
}

/** Works on one user's data. */
export interface UserStep<Payload = unknown, Ahead = unknown> {
  readonly slug: string;
  readonly queue: string;
  readonly limits: StepLimits;
  /** Parsed by whoever makes a task and by whoever works on it. New fields are optional. */
  readonly payload: z.ZodType<Payload>;
  /** Claims a task, and brings along what its work begins with. For small tasks, of which there are many. */
  claim?(
    line: Line,
    context: Context,
    task: { id: string; leaseMs: number },
  ): Promise<(Claim & { ahead: Ahead }) | null>;
  work(
    input: StepInput<Payload> & { readonly userId: string; readonly ahead?: Ahead | undefined },
  ): Promise<Outcome<UserTransaction> | Wait>;
  /** What a saved result says about this user's night, as metrics. Asked after the commit. */
  measures?(result: Totals): Omit<Measurement, "dimensions">[];
  /** Runs in the transaction in which a task of this step was finished or failed for good. */
  ended(
    tx: UserTransaction,
    run: Run,
    task: ClaimedTask & { userId: string },
    status: "done" | "failed",
    context: Pick<Context, "embedder" | "logger">,
  ): Promise<void>;
}

/** A step as the runtime sees it, its payload's type forgotten after the parse. */
export function userStep<Payload, Ahead>(step: UserStep<Payload, Ahead>): UserStep {
  return {
    ...step,
    work: ({ ahead, ...input }) =>
      step.work({ ...input, ahead: ahead as Ahead | undefined, payload: step.payload.parse(input.payload) }),
  } as UserStep;
}

/** The limits of a step from the figures that one chooses: how long its function may run, and how many at once. */
export function limitsFor(
  timeoutSeconds: number,
  maximumConcurrency: number,
  messagesAtOnce = 1,
): StepLimits {
  return {
    timeoutMs: timeoutSeconds * 1000,
    leaseMs: (timeoutSeconds + 30) * 1000,
    // At least six times the function's timeout, as Lambda's event source wants it: that is longer than the lease.
    visibilityTimeoutSeconds: timeoutSeconds * 6,
    maximumConcurrency,
    messagesAtOnce,
  };
}
