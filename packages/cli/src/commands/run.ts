import { runJson } from "@noctuary/core/runtime/run-json";
import { asLedger } from "@noctuary/db/access";
import type { Run } from "@noctuary/db/ledger/run";
import { users } from "@noctuary/db/notes/note";
import { requireConsent } from "../consent.ts";
import { EXIT } from "../exit.ts";
import { startLocalRuntime } from "../local/local-runtime.ts";
import { morningStacks } from "../morning-stacks.ts";
import { overviewOf } from "../overview.ts";
import { renderOverview } from "../render/overview.ts";
import { renderRunEnd } from "../render/run.ts";
import { renderStackChanges } from "../render/stack-changes.ts";
import { momentOf, requireJob, runJob } from "../run-job.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import { stackChanges } from "../stack-changes.ts";
import type { Terminal } from "../terminal.ts";

const STACKS_JOB = "nightly-stacks";

export interface RunCommandOptions extends GlobalOptions {
  dryRun?: boolean;
  full?: boolean;
  asOf?: string;
  acceptDeletions?: boolean;
  embedder?: string;
  llm?: string;
  yes?: boolean;
}

/** `noctuary run JOB`: one job, now, through the handlers that run on Lambda. */
export async function run(job: string, options: RunCommandOptions, terminal: Terminal): Promise<number> {
  requireJob(job);
  if (options.asOf !== undefined) momentOf(job, options.asOf); // refused before anything is opened
  const session = await openSession(options, terminal, {
    flags: {
      ...(options.embedder === undefined ? {} : { embedder: options.embedder }),
      ...(options.llm === undefined ? {} : { llm: options.llm }),
    },
  });
  try {
    if (options.user !== undefined) await chooseUser(session, options); // refuses one that is not there
    const runtime = await startLocalRuntime(session);
    try {
      // Only this job sends notes to the provider of embeddings.
      if (options.dryRun !== true && job === "nightly-cluster")
        await requireConsent(session, runtime, { ...options, job });
      const ended = await runJob(runtime, terminal, {
        job,
        ...(options.asOf === undefined ? {} : { asOf: options.asOf }),
        options: {
          ...(options.user === undefined ? {} : { userIds: [options.user] }),
          dryRun: options.dryRun,
          full: options.full,
          acceptDeletions: options.acceptDeletions,
        },
      });
      const userId = await onlyUser(session, options);
      const report =
        ended.job === STACKS_JOB && userId !== null ? await stackChanges(session, userId, ended.id) : null;
      terminal.json({ ...runJson(ended), ...(report === null ? {} : { stacks: report }) });
      renderRunEnd(terminal, ended, session.settings);
      if (report !== null) renderStackChanges(terminal, report, { isDry: ended.options.dryRun === true });
      if (!terminal.isJson && userId !== null && hasSomethingToShow(ended)) {
        terminal.line();
        renderOverview(terminal, await overviewOf(session, userId), await morningStacks(session, userId));
      }
      return exitCodeOf(ended);
    } finally {
      await runtime.close();
    }
  } finally {
    await session.close();
  }
}

/** Whose page is shown after the run: the user asked for, or the only one there is. */
async function onlyUser({ db }: Session, { user }: GlobalOptions): Promise<string | null> {
  const known = user === undefined ? await asLedger(db, (tx) => users(tx, 2)) : [user];
  return known.length === 1 ? known[0]! : null;
}

function hasSomethingToShow({ options, totals }: Run): boolean {
  return options.dryRun !== true && (totals.clustered ?? 0) + (totals.stacks ?? 0) > 0;
}

export function exitCodeOf(run: Run): number {
  if (run.status === "done") return EXIT.done;
  return run.status === "partial" ? EXIT.partial : EXIT.failed;
}
