/** "1 note", "3 notes". */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : `${noun}s`}`;
}

/** Dates are shown in the jobs' time zone. */
const TIME_ZONE = "America/New_York";

/** "Sunday 25 October 2026". */
export function dateLine(moment: Date): string {
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { timeZone: TIME_ZONE, ...options }).format(moment);
  return `${part({ weekday: "long" })} ${part({ day: "numeric", month: "long", year: "numeric" })}`;
}

/** "25 Oct 2026, 02:00". */
export function momentLine(moment: Date): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: TIME_ZONE,
    day: "2-digit",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(moment);
}

/** "$0.0123", "$0.00", "cost unknown": a price that nobody knows, or that is small, is never zero. */
export function dollars(usd: number | null): string {
  if (usd === null) return "cost unknown";
  if (usd > 0 && usd < 0.0001) return "under $0.0001";
  return usd > 0 && usd < 0.01 ? `$${usd.toFixed(4)}` : `$${usd.toFixed(2)}`;
}

export function seconds(from: Date, to: Date | null): string {
  return to === null ? "" : `${((to.getTime() - from.getTime()) / 1000).toFixed(1)} s`;
}
