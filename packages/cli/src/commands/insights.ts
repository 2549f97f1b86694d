import { localDateOf } from "@noctuary/core/local-date";
import type { Insight } from "@noctuary/core/weekly-insights/insight";
import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { renderHtml } from "@noctuary/core/weekly-insights/render-html";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { asUser } from "@noctuary/db/access";
import { insightWeeks } from "@noctuary/db/insights/insight";
import { CommandError, EXIT, UsageError } from "../exit.ts";
import { renderInsight } from "../render/insight.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export interface InsightsOptions extends GlobalOptions {
  week?: string;
  md?: boolean;
  html?: boolean;
}

const WEEKS_NAMED = 5;

/** `noctuary insights [--week DATE]`: the newest week, or the one that a day lies in. */
export async function insights(options: InsightsOptions, terminal: Terminal): Promise<number> {
  const day = options.week === undefined ? null : dayOf(options.week);
  if ([options.json, options.md, options.html].filter(Boolean).length > 1)
    throw new UsageError("choose one of --json, --md and --html");
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const { insight, weeks } = await asUser(session.db, userId, async (tx) => ({
      // The week that a day lies in ends within six days of it.
      insight: await readInsight(tx, userId, day === null ? null : sixDaysAfter(day)),
      weeks: await insightWeeks(tx, userId, WEEKS_NAMED),
    }));
    if (insight === null || (day !== null && insight.week < day))
      throw new CommandError(nothingFor(day, weeks));
    print(insight, options, terminal);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function print(insight: Insight, { md, html }: InsightsOptions, terminal: Terminal): void {
  terminal.json(insight);
  if (html === true) terminal.line(renderHtml(insight).trimEnd());
  else if (md === true) terminal.line(renderMarkdown(insight).trimEnd());
  else renderInsight(terminal, insight);
}

function nothingFor(day: string | null, weeks: string[]): string {
  if (weeks.length === 0) return "no week was told yet: run `noctuary run weekly-insights`";
  return `no week was told that holds ${day}: there are those that end on ${weeks.join(", ")}`;
}

function dayOf(week: string): string {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(week) && !Number.isNaN(Date.parse(week));
  if (!isDate) throw new UsageError(`--week ${week}: write a date (2026-10-24)`);
  return week;
}

function sixDaysAfter(day: string): string {
  return localDateOf(new Date(Date.parse(day) + 6 * 86_400_000), "UTC");
}
