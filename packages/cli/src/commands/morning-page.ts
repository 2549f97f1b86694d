import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { asUser } from "@noctuary/db/access";
import { EXIT } from "../exit.ts";
import { morningStacks } from "../morning-stacks.ts";
import { overviewOf } from "../overview.ts";
import { renderInsight } from "../render/insight.ts";
import { renderOverview } from "../render/overview.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import type { Terminal } from "../terminal.ts";

const SHOWN_DAYS = 7;

/** A week is on the page until the next one is told. */
function isThisMorning(week: string, asOf: Date | null): boolean {
  return asOf === null || asOf.getTime() - Date.parse(week) <= (SHOWN_DAYS + 1) * 86_400_000;
}

/** `noctuary`, and with `everyTopic` `noctuary clusters`. */
export async function morningPage(
  options: GlobalOptions,
  terminal: Terminal,
  { everyTopic = false }: { everyTopic?: boolean } = {},
): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const overview = await overviewOf(session, userId);
    const stacks = await morningStacks(session, userId);
    const insight = await asUser(session.db, userId, (tx) => readInsight(tx, userId));
    const hasWeek = insight !== null && isThisMorning(insight.week, overview.asOf);
    terminal.json({ ...overview, stacks, ...(hasWeek ? { insight } : {}) });
    renderOverview(terminal, overview, { stacks, everyTopic });
    if (hasWeek) {
      terminal.line();
      renderInsight(terminal, insight);
    }
    return EXIT.done;
  } finally {
    await session.close();
  }
}
