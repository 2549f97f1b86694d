import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { estimatedCostUsd, PAID_MODEL } from "@noctuary/core/provider/prices";
import { runJson } from "@noctuary/core/runtime/run-json";
import type { Insight } from "@noctuary/core/weekly-insights/insight";
import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { asUser } from "@noctuary/db/access";
import type { Run } from "@noctuary/db/ledger/run";
import { textBytes } from "@noctuary/db/notes/note";
import { CommandError, EXIT } from "../exit.ts";
import { type LocalRuntime, startLocalRuntime } from "../local/local-runtime.ts";
import { morningStacks } from "../morning-stacks.ts";
import { overviewOf } from "../overview.ts";
import { renderInsight } from "../render/insight.ts";
import { renderOverview } from "../render/overview.ts";
import { renderRunEnd } from "../render/run.ts";
import { count, dateLine, dollars } from "../render/words.ts";
import { momentOf, runJob } from "../run-job.ts";
import { DEFAULT_USER, type GlobalOptions, openSession, type Session } from "../session.ts";
import { type SyncResult, syncSource } from "../sync-source.ts";
import type { Terminal } from "../terminal.ts";
import { decideAsOwner, showDecided } from "./demo-edits.ts";
import { renderSync } from "./sync.ts";

const JOB = "nightly-cluster";
const STACKS_JOB = "nightly-stacks";
const NOTEBOOK = fileURLToPath(new URL("../../sample-notebook", import.meta.url));
/** The sample notebook ends on Saturday 24 October 2026; the demo's clock stands in the night after it. */
const TONIGHT = "2026-10-25";
const EARLIER_NIGHTS = ["2026-10-02", "2026-10-09", "2026-10-16"];

/**
 * `noctuary demo [PATH]`: what a night makes of a folder of notes. Without a path it replays some nights of the sample
 * notebook, so that there is a yesterday. In a home of its own, which is gone afterwards.
 */
export async function demo(
  path: string | undefined,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const temporary = options.home === undefined ? mkdtempSync(join(tmpdir(), "noctuary-demo-")) : undefined;
  const home = options.home ?? temporary!;
  try {
    const session = await openSession({ ...options, home }, terminal, {
      embeddedOnly: true,
      flags: { embedder: "lexical", llm: "none" }, // whatever is set: what the demo reads leaves nothing
    });
    try {
      const runtime = await startLocalRuntime(session);
      try {
        await runtime.takeUp();
        return path === undefined
          ? await showSample(session, runtime)
          : await showFolder(session, runtime, path);
      } finally {
        await runtime.close();
      }
    } finally {
      await session.close();
    }
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

async function showSample(session: Session, runtime: LocalRuntime): Promise<number> {
  const { terminal } = session;
  terminal.line(
    terminal.style(
      "dim",
      "The sample notebook: five months of one person's notes. First, some earlier nights.",
    ),
  );
  for (const [i, night] of EARLIER_NIGHTS.entries()) {
    const { synced, run } = await oneNight(session, runtime, NOTEBOOK, night);
    terminal.line(`${dateLine(run.asOf).padEnd(26)} ${describeNight(synced, run)}`);
    if (i === 0) terminal.line(terminal.style("dim", await decideAsOwner(session)));
  }
  const { run } = await oneNight(session, runtime, NOTEBOOK, TONIGHT);
  terminal.line();
  await finish(session, runtime, run, TONIGHT, () => showDecided(session));
  return run.status === "done" ? EXIT.done : EXIT.failed;
}

async function showFolder(session: Session, runtime: LocalRuntime, path: string): Promise<number> {
  const { terminal } = session;
  const { synced, run } = await oneNight(session, runtime, path);
  if (synced.added === 0)
    throw new CommandError(`${path} holds no notes: give a folder of Markdown files or a .jsonl file`);
  renderSync(terminal, synced);
  terminal.line();
  await finish(session, runtime, run);
  return run.status === "done" ? EXIT.done : EXIT.failed;
}

async function oneNight(session: Session, runtime: LocalRuntime, path: string, date?: string) {
  const progress = session.terminal.progress("reading notes");
  const synced = await syncSource(session, {
    path,
    userId: DEFAULT_USER,
    ...(date === undefined
      ? {}
      : { writtenUntil: momentOf(JOB, date), trustsFileTimes: false, identity: "noctuary" }),
  }).finally(() => progress.stop());
  const run = await runJob(runtime, session.terminal, {
    job: JOB,
    ...(date === undefined ? {} : { asOf: date }),
    options: {},
  });
  await runJob(runtime, session.terminal, {
    job: STACKS_JOB,
    ...(date === undefined ? {} : { asOf: date }),
    options: {},
  });
  return { synced, run };
}

function describeNight(synced: SyncResult, run: Run): string {
  const { totals } = run;
  return `${count(synced.added, "new note")}, ${count(totals.topics ?? 0, "topic")}, ${totals.moved ?? 0} moved`;
}

/** Tonight is a Sunday in the sample notebook; in anybody's own notes it is the last seven days. */
async function tellWeek(session: Session, runtime: LocalRuntime, date?: string): Promise<Insight | null> {
  const asOf = date === undefined ? {} : { asOf: date };
  await runJob(runtime, session.terminal, { job: "weekly-insights", ...asOf, options: {} });
  return asUser(session.db, DEFAULT_USER, (tx) => readInsight(tx, DEFAULT_USER));
}

/** The page itself; then the same night once more, to show what an unchanged one costs; then what left the machine. */
async function finish(
  session: Session,
  runtime: LocalRuntime,
  run: Run,
  date?: string,
  more?: () => Promise<void>,
): Promise<void> {
  const { terminal, settings } = session;
  const overview = await overviewOf(session, DEFAULT_USER);
  const stacks = await morningStacks(session, DEFAULT_USER);
  renderOverview(terminal, overview, { stacks });
  const insight = await tellWeek(session, runtime, date);
  if (insight !== null) {
    terminal.line();
    renderInsight(terminal, insight);
  }
  await more?.();
  terminal.line();
  renderRunEnd(terminal, run, settings);
  const asOf = date === undefined ? {} : { asOf: date };
  const again = await runJob(runtime, terminal, { job: JOB, ...asOf, options: {} });
  terminal.line(terminal.style("dim", "The same night once more:"));
  renderRunEnd(terminal, again, settings);
  const bytes = await asUser(session.db, DEFAULT_USER, (tx) => textBytes(tx, DEFAULT_USER));
  terminal.line(
    `${PAID_MODEL.model} would ask about ${dollars(estimatedCostUsd(bytes))} for these notes, once.`,
  );
  terminal.line(terminal.style("bold", "What left this machine: nothing."));
  terminal.json({ ...overview, stacks, insight, run: runJson(run), again: runJson(again) });
}
