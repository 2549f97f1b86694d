import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "@noctuary/core/job";
import { lastDue } from "@noctuary/core/schedule";

/** Short enough that a machine that slept through the night starts soon after it woke. */
const LOOK_EVERY_MS = 15_000;

export interface KeptSchedule {
  jobs: readonly Job[];
  /** Starts the run of a job for this moment. The ledger makes it one, however often it is asked for. */
  start: (job: Job, scheduledTime: Date) => Promise<void>;
  /** The moments of a job's runs that should exist already and do not: the machine was off. */
  missed?: (job: Job) => Promise<Date[]>;
  /** Hears of a start that failed; it is tried again at the next look. */
  onError: (job: Job, error: unknown) => void;
  signal: AbortSignal;
  now?: () => Date;
  /** Waits until it is time for the next look; rejects or returns when the signal is aborted. */
  nextLook?: () => Promise<unknown>;
}

/**
 * Starts each job at its local time, as EventBridge Scheduler does on AWS, and first what was missed. After a machine
 * has slept through several nights only the newest one is made up for. Resolves once the signal is aborted.
 */
export async function keepSchedule(schedule: KeptSchedule): Promise<void> {
  const {
    jobs,
    start,
    missed = async () => [],
    onError,
    signal,
    now = () => new Date(),
    nextLook = () => delay(LOOK_EVERY_MS, undefined, { signal, ref: false }),
  } = schedule;
  const started = new Map(jobs.map((job) => [job.slug, lastDue(job.schedule, now()).getTime()]));
  for (const job of jobs) {
    try {
      for (const due of await missed(job)) await start(job, due);
    } catch (error) {
      onError(job, error);
    }
  }
  while (!signal.aborted) {
    for (const job of jobs) {
      const due = lastDue(job.schedule, now());
      if (due.getTime() <= started.get(job.slug)!) continue;
      try {
        await start(job, due);
        started.set(job.slug, due.getTime());
      } catch (error) {
        onError(job, error);
      }
    }
    await nextLook().catch(() => {});
  }
}
