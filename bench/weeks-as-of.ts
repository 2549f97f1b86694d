/**
 * What the weeks before some dates are told as, without a language model, to be read as a reader would.
 * `npm run bench:weeks-as-of -- PATH DATE...`, dates ascending.
 */
import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { asUser } from "@noctuary/db/access";
import { REPLAYED_USER, replay } from "./replay.ts";

await replay("weekly-insights", process.argv.slice(2), async (session, terminal) => {
  const week = await asUser(session.db, REPLAYED_USER, (tx) => readInsight(tx, REPLAYED_USER));
  terminal.line(week === null ? "no week was told" : renderMarkdown(week));
});
