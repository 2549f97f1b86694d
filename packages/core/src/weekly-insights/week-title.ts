import { Temporal } from "temporal-polyfill";
import type { Insight } from "./insight.ts";

/** "The week of 18 to 24 October 2026". */
export function weekTitle({ firstDay, week }: Pick<Insight, "firstDay" | "week">): string {
  const [first, last] = [Temporal.PlainDate.from(firstDay), Temporal.PlainDate.from(week)];
  const month = (date: Temporal.PlainDate) => date.toLocaleString("en-GB", { month: "long" });
  const from = [
    String(first.day),
    ...(first.month === last.month && first.year === last.year ? [] : [month(first)]),
    ...(first.year === last.year ? [] : [String(first.year)]),
  ].join(" ");
  return `The week of ${from} to ${last.day} ${month(last)} ${last.year}`;
}
