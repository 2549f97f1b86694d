import type { BudgetLimits } from "@noctuary/db/budget/budget-month";
import type { Database } from "@noctuary/db/database";
import type { Embedder } from "./embedding/embedder.ts";
import type { EnabledJobs } from "./enabled-jobs.ts";
import type { Llm } from "./llm/llm.ts";
import type { Metrics } from "./metrics.ts";
import type { EventBus } from "./runtime/event-bus.ts";
import type { Queue } from "./runtime/queue.ts";

/** A fact is a field: messages are constant, and no field ever holds note text, a prompt or a secret. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export interface Logger {
  debug(message: string, fields: LogFields): void;
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  error(message: string, fields: LogFields): void;
  /** Somebody is to be woken: a whole run failed, or a job could not be started. */
  critical(message: string, fields: LogFields): void;
}

/** Everything that a job needs from outside, handed over explicitly. */
export interface Context {
  db: Database;
  queue: Queue;
  embedder: Embedder;
  /** Null where none was chosen: then names and texts are plain. */
  llm: Llm | null;
  logger: Logger;
  metrics: Metrics;
  /** Null where nobody listens: events wait in their outbox. */
  events: EventBus | null;
  /** Whose missed runs are made up for, and who is late where they fail to run. */
  enabledJobs: EnabledJobs;
  limits: Limits;
  /** Dollars a month that providers may cost. */
  budgets: BudgetLimits;
}

export interface Limits {
  /** Tries a task gets in all. */
  maxAttempts: number;
  /** The first wait before another try, in milliseconds; each later one is twice as long, with full jitter. */
  retryBaseMs: number;
  /** How long a message that was sent is left to its queue before the reconciler sends it again. */
  resendAfterMs: number;
  /** How often one reconciler takes its gauges. */
  gaugesEveryMs: number;
  /** How long after its start a run still waits for a provider that asks to be left alone. */
  providerWaitMs: number;
  /** How long a user's task waits for that user's clusters of the same night. */
  clusterWaitMs: number;
  /** Stacks of one user at most. */
  stacksPerNight: number;
  /** How long audit and runs are kept. */
  retentionDays: number;
  /** Notes in one keyset page of a plan. */
  planPageNotes: number;
  /** Notes and bytes of text in one embed task. */
  embedBatchNotes: number;
  embedBatchBytes: number;
  /** Notes and bytes of text that an embed task reads at once. */
  embedPageNotes: number;
  embedPageBytes: number;
  /** From so many distinct vectors of one user on, their neighbours are kept from night to night. */
  keepNeighboursFrom: number;
}

/** Nobody has set a limit. */
export const noBudgets: BudgetLimits = { userUsd: null, totalUsd: null };

export const defaultLimits: Limits = {
  maxAttempts: 3,
  retryBaseMs: 1_000,
  resendAfterMs: 15 * 60_000,
  // Less than the five minutes between two of its rounds by night.
  gaugesEveryMs: 4 * 60_000,
  providerWaitMs: 6 * 3600_000,
  clusterWaitMs: 2 * 3600_000,
  stacksPerNight: 5,
  retentionDays: 365,
  planPageNotes: 5_000,
  // About fifty full requests: at 5 s a request and four at once, a minute. What does not fit a function's time is handed
  // back, and as requests are packed within a task, fewer tasks have fewer half-empty requests.
  embedBatchNotes: 50_000,
  embedBatchBytes: 60_000_000,
  // Two or three full requests.
  embedPageNotes: 2_000,
  embedPageBytes: 3_000_000,
  // Below, finding all again takes less time than reading what was kept.
  keepNeighboursFrom: 3_000,
};
