import { jobs, queues } from "@noctuary/core/jobs";
import { ConfigurationError, type StageConfiguration } from "./configuration.ts";

/** The least that an event source mapping takes. */
const LEAST_CONCURRENCY = 2;
/** A start by the schedule, beside what the job's own queue brings at once. */
const STARTS_AT_ONCE = 1;
/** Of a server's connections, those that it keeps for its owner, and one for a person who looks what is wrong. */
const KEPT_BACK = 6;

/** A call takes milliseconds: this many at once are hundreds a second. */
export const API_CALLS_AT_ONCE = 3;
/** Two rounds at once would announce the same tasks twice. */
export const RECONCILER_ROUNDS_AT_ONCE = 1;
export const MIGRATIONS_AT_ONCE = 1;

/** How many of a step's function run at once, by its event source. */
export function atOnce(maximumConcurrency: number): number {
  return Math.max(maximumConcurrency, LEAST_CONCURRENCY);
}

/**
 * How many of an orchestrator run at once. More than its mapping brings, or a start would be throttled while plans go on,
 * and throttling eats a message's receives.
 */
export function orchestratorsAtOnce(maximumConcurrency: number): number {
  return atOnce(maximumConcurrency) + STARTS_AT_ONCE;
}

/** The most connections that all functions hold together: each of its containers holds one. */
export function mostConnections(): number {
  const steps = queues().reduce((sum, { step }) => sum + atOnce(step.limits.maximumConcurrency), 0);
  return (
    steps + jobs.length * STARTS_AT_ONCE + API_CALLS_AT_ONCE + RECONCILER_ROUNDS_AT_ONCE + MIGRATIONS_AT_ONCE
  );
}

/**
 * Twice, because the containers of the version before keep theirs while a deploy goes on.
 *
 * @throws {ConfigurationError} where the database has fewer
 */
export function checkConnections({ database }: StageConfiguration): void {
  const needed = 2 * mostConnections() + KEPT_BACK;
  if (database.maxConnections >= needed) return;
  throw new ConfigurationError(
    `database.maxConnections is ${database.maxConnections}, and ${needed} may be needed: ${mostConnections()} functions at once, twice during a deploy, and ${KEPT_BACK} kept back`,
  );
}
