import type { StageConfiguration } from "./configuration.ts";

/** Minutes and hours of a cron expression. */
export interface Rounds {
  minute: string;
  hour: string;
}

/**
 * When the reconciler makes its round: close together in the hours of the nights, whole hours at most otherwise. Hours
 * with the same minutes make one expression.
 */
export function reconcilerRounds({
  from,
  to,
  everyMinutes,
  otherwiseEveryHours,
}: StageConfiguration["reconciler"]): Rounds[] {
  const minutesOf = Array.from({ length: 24 }, () => new Set<number>());
  const add = (minuteOfDay: number) => minutesOf[Math.floor(minuteOfDay / 60)]!.add(minuteOfDay % 60);
  if (otherwiseEveryHours !== null) {
    for (let hour = 0; hour < 24; hour += otherwiseEveryHours) add(hour * 60);
  }
  for (let minute = minuteOfDay(from); minute <= minuteOfDay(to); minute += everyMinutes) add(minute);
  const hoursOf = Map.groupBy(
    [...minutesOf.keys()].filter((hour) => minutesOf[hour]!.size > 0),
    (hour) => [...minutesOf[hour]!].sort((a, b) => a - b).join(","),
  );
  return [...hoursOf].map(([minute, hours]) => ({ minute, hour: hours.join(",") }));
}

function minuteOfDay(localTime: string): number {
  const [hour = 0, minute = 0] = localTime.split(":").map(Number);
  return hour * 60 + minute;
}
