import type { Job } from "./job.ts";
import { localDateOf } from "./local-date.ts";
import { lastDue } from "./schedule.ts";

/** A schedule that is late is not missed yet: EventBridge tries for hours, and two that start a run at once are one. */
export const CATCH_UP_GRACE_MS = 3_600_000;
/** Of nights only the newest is made up for: it does the work of all before it. Each week is told by itself. */
const MOST_MISSED = { daily: 1, sunday: 4 };

export interface DueDates {
  /** Local date since when the job is on: no run before it is missed. */
  since: string;
  /** Local dates for which there is a run, whatever became of it. */
  started: ReadonlySet<string>;
}

/**
 * The moments of the runs that should exist at `now` and do not, oldest first. One of a wall time that a clock change
 * left out is due, as all others are, once: when the gap ends.
 */
export function missedRuns(
  schedule: Job["schedule"],
  now: Date,
  { since, started }: DueDates,
  graceMs: number,
): Date[] {
  const missed: Date[] = [];
  let due = lastDue(schedule, new Date(now.getTime() - graceMs));
  for (let i = 0; i < MOST_MISSED[schedule.days]; i++) {
    const localDate = localDateOf(due, schedule.timeZone);
    if (localDate < since) break;
    if (!started.has(localDate)) missed.unshift(due);
    due = lastDue(schedule, new Date(due.getTime() - 1));
  }
  return missed;
}
