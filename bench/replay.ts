import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRuntime } from "@noctuary/cli/local/local-runtime";
import { momentOf, runJob } from "@noctuary/cli/run-job";
import { DEFAULT_USER, openSession, type Session } from "@noctuary/cli/session";
import { syncSource } from "@noctuary/cli/sync-source";
import { openTerminal, type Terminal } from "@noctuary/cli/terminal";

/**
 * Replays a collection of notes as of some dates, ascending: each night sees only what was written until then, and is
 * clustered before `job` runs on it.
 */
export async function replay(
  job: string,
  [path, ...dates]: string[],
  show: (session: Session, terminal: Terminal) => Promise<void>,
): Promise<void> {
  if (path === undefined || dates.length === 0) {
    console.error("PATH DATE... (a folder of notes or a .jsonl file; 2026-10-25, ascending)");
    process.exit(2);
  }
  const home = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
  const terminal = openTerminal({ isJson: false });
  const session = await openSession({ home }, terminal, {
    embeddedOnly: true,
    flags: { embedder: "lexical", llm: "none" },
  });
  try {
    const runtime = await startLocalRuntime(session);
    try {
      await runtime.takeUp();
      for (const date of dates) {
        await syncSource(session, {
          path,
          userId: DEFAULT_USER,
          writtenUntil: momentOf(job, date),
          trustsFileTimes: false,
          identity: "noctuary",
        });
        const night = await runJob(runtime, terminal, { job: "nightly-cluster", asOf: date, options: {} });
        await runJob(runtime, terminal, { job, asOf: date, options: {} });
        terminal.line(`\n## ${date}, ${night.totals.live ?? 0} notes`);
        await show(session, terminal);
      }
    } finally {
      await runtime.close();
    }
  } finally {
    await session.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The user whose notes are replayed. */
export const REPLAYED_USER = DEFAULT_USER;
