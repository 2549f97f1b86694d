import { Temporal } from "temporal-polyfill";
import type { Job } from "./job.ts";
import { instantOf, localDateOf } from "./local-date.ts";

type Schedule = Job["schedule"];

const SUNDAY = 7;

/**
 * The newest moment, at or before `instant`, at which a job was to start. A wall time that a clock change leaves out is
 * due at the end of the gap; one that comes twice is due once.
 */
export function lastDue(schedule: Schedule, instant: Date): Date {
  return firstDue(schedule, instant, -1, (due) => due <= instant);
}

/** The first moment after `instant` at which a job is to start. */
export function nextDue(schedule: Schedule, instant: Date): Date {
  return firstDue(schedule, instant, 1, (due) => due > instant);
}

function firstDue(
  schedule: Schedule,
  instant: Date,
  daysPerStep: 1 | -1,
  isWanted: (due: Date) => boolean,
): Date {
  let date = Temporal.PlainDate.from(localDateOf(instant, schedule.timeZone));
  for (;;) {
    if (schedule.days === "daily" || date.dayOfWeek === SUNDAY) {
      const due = instantOf(date.toString(), schedule.localTime, schedule.timeZone);
      if (isWanted(due)) return due;
    }
    date = date.add({ days: daysPerStep });
  }
}
