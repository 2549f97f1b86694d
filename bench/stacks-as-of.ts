/**
 * The stacks of a collection of notes as of some dates, to be read with a critical eye.
 * `npm run bench:stacks-as-of -- PATH DATE...`, dates ascending.
 */
import { morningStacks } from "@noctuary/cli/morning-stacks";
import { renderStack } from "@noctuary/cli/render/stacks";
import { REPLAYED_USER, replay } from "./replay.ts";

await replay("nightly-stacks", process.argv.slice(2), async (session, terminal) => {
  for (const stack of await morningStacks(session, REPLAYED_USER)) {
    terminal.line();
    renderStack(terminal, stack);
  }
});
