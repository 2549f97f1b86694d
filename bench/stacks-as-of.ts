import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRuntime } from "@noctuary/cli/local/local-runtime";
import { morningStacks } from "@noctuary/cli/morning-stacks";
import { renderStack } from "@noctuary/cli/render/stacks";
import { momentOf, runJob } from "@noctuary/cli/run-job";
import { DEFAULT_USER, openSession } from "@noctuary/cli/session";
import { syncSource } from "@noctuary/cli/sync-source";
import { openTerminal } from "@noctuary/cli/terminal";

/**
 * The stacks of a collection of notes as of some dates, to be read with a critical eye: each date sees only what was
 * written until then. `npm run bench:stacks-as-of -- PATH DATE...`, dates ascending.
 */
const [path, ...dates] = process.argv.slice(2);
if (path === undefined || dates.length === 0) {
  console.error(
    "npm run bench:stacks-as-of -- PATH DATE... (a folder of notes or a .jsonl file; 2026-10-25)",
  );
  process.exit(2);
}

const home = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
const terminal = openTerminal({ isJson: false });
const session = await openSession({ home }, terminal, {
  embeddedOnly: true,
  flags: { embedder: "lexical" },
});
try {
  const runtime = await startLocalRuntime(session);
  try {
    await runtime.takeUp();
    for (const date of dates) {
      await syncSource(session, {
        path,
        userId: DEFAULT_USER,
        writtenUntil: momentOf("nightly-stacks", date),
        trustsFileTimes: false,
        identity: "noctuary",
      });
      let notes = 0;
      for (const job of ["nightly-cluster", "nightly-stacks"]) {
        const run = await runJob(runtime, terminal, { job, asOf: date, options: {} });
        notes += run.totals.live ?? 0;
      }
      terminal.line(`\n## ${date}, ${notes} notes`);
      for (const stack of await morningStacks(session, DEFAULT_USER)) {
        terminal.line();
        renderStack(terminal, stack);
      }
    }
  } finally {
    await runtime.close();
  }
} finally {
  await session.close();
  rmSync(home, { recursive: true, force: true });
}
