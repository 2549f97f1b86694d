import { runJson } from "@noctuary/core/runtime/run-json";
import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { asLedger, asUser } from "@noctuary/db/access";
import { openRunIds, type Run } from "@noctuary/db/ledger/run";
import { users } from "@noctuary/db/notes/note";
import { isAgreedTo, requireConsent } from "../consent.ts";
import { EXIT, UsageError } from "../exit.ts";
import { startLocalRuntime } from "../local/local-runtime.ts";
import { morningStacks } from "../morning-stacks.ts";
import { overviewOf } from "../overview.ts";
import { renderInsight } from "../render/insight.ts";
import { renderOverview } from "../render/overview.ts";
import { renderRunEnd } from "../render/run.ts";
import { renderStackChanges } from "../render/stack-changes.ts";
import { requireTrial } from "../require-trial.ts";
import { dateOf, momentOf, requireJob, runJob } from "../run-job.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import { stackChanges } from "../stack-changes.ts";
import type { Terminal } from "../terminal.ts";

const STACKS_JOB = "nightly-stacks";
/** The job that sends notes to an embedder. Its dry run makes no tasks. */
const READS_NOTES = "nightly-cluster";

export interface RunCommandOptions extends GlobalOptions {
  dryRun?: boolean;
  full?: boolean;
  asOf?: string;
  acceptDeletions?: boolean;
  /** nightly-cluster only. */
  trial?: boolean;
  /** weekly-insights only. */
  week?: string;
  replace?: boolean;
  embedder?: string;
  llm?: string;
  yes?: boolean;
}

/** `noctuary run JOB`: one job, now, through the handlers that run on Lambda. */
export async function run(job: string, options: RunCommandOptions, terminal: Terminal): Promise<number> {
  requireJob(job);
  if (job !== "weekly-insights" && (options.week !== undefined || options.replace === true))
    throw new UsageError("--week and --replace are for weekly-insights");
  if (options.week !== undefined && options.asOf !== undefined)
    throw new UsageError("choose one of --week and --as-of");
  if (options.trial === true && job !== "nightly-cluster")
    throw new UsageError("--trial is for nightly-cluster: it tries another embedding model");
  const asOf = options.week === undefined ? options.asOf : dayAfterWeek(options.week);
  if (asOf !== undefined) momentOf(job, asOf); // refused before anything is opened
  if (options.week !== undefined && options.week >= dateOf(job, new Date()))
    throw new UsageError(`--week ${options.week}: that week is not over yet`);
  const session = await openSession(options, terminal, {
    flags: {
      ...(options.embedder === undefined ? {} : { embedder: options.embedder }),
      ...(options.llm === undefined ? {} : { llm: options.llm }),
    },
  });
  try {
    if (options.user !== undefined) await chooseUser(session, options); // refuses one that is not there
    if (options.trial === true) await requireTrial(session);
    const runtime = await startLocalRuntime(session);
    try {
      // Notes are embedded by one job alone; whichever job words something asks the language model, if there is one.
      const mayAsk = job === READS_NOTES || session.settings.llm !== "none";
      // And any job may wait for a night that another process left unfinished.
      const isNightLeft =
        job !== READS_NOTES && (await asLedger(session.db, (tx) => openRunIds(tx, 1))).length > 0;
      const asks = (options.dryRun !== true && mayAsk) || isNightLeft;
      if (asks) await requireConsent(session, runtime, { ...options, job });
      const isAgreed = asks || options.yes === true || (await isAgreedTo(session));
      if (isAgreed) await runtime.takeUp();
      const ended = await runJob(runtime, terminal, {
        job,
        isAlone: !isAgreed,
        ...(asOf === undefined ? {} : { asOf }),
        options: {
          ...(options.user === undefined ? {} : { userIds: [options.user] }),
          dryRun: options.dryRun,
          full: options.full,
          acceptDeletions: options.acceptDeletions,
          trial: options.trial,
          replace: options.replace,
        },
      });
      const userId = await onlyUser(session, options);
      const report =
        ended.job === STACKS_JOB && userId !== null ? await stackChanges(session, userId, ended.id) : null;
      terminal.json({ ...runJson(ended), ...(report === null ? {} : { stacks: report }) });
      renderRunEnd(terminal, ended, session.settings);
      if (report !== null) renderStackChanges(terminal, report, { isDry: ended.options.dryRun === true });
      if (!terminal.isJson && userId !== null) await showResult(session, ended, userId);
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

/** What a run made, where there is one person to show it to. */
async function showResult(session: Session, ended: Run, userId: string): Promise<void> {
  const { terminal } = session;
  if (ended.job === "weekly-insights" && ended.options.dryRun !== true) {
    const insight = await asUser(session.db, userId, (tx) => readInsight(tx, userId, weekEndFor(ended)));
    if (insight === null) return;
    terminal.line();
    renderInsight(terminal, insight);
  } else if (hasSomethingToShow(ended)) {
    terminal.line();
    renderOverview(terminal, await overviewOf(session, userId), {
      stacks: await morningStacks(session, userId),
    });
  }
}

/** No later day than the run's own. */
function weekEndFor(run: Run): string {
  return run.localDate;
}

function dayAfterWeek(week: string): string {
  const day = Date.parse(week);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(week) || Number.isNaN(day))
    throw new UsageError(`--week ${week}: write the date of its last day (2026-10-24)`);
  return new Date(day + 86_400_000).toISOString().slice(0, 10);
}

function hasSomethingToShow({ options, totals }: Run): boolean {
  if (options.trial === true) return false;
  return options.dryRun !== true && (totals.clustered ?? 0) + (totals.stacks ?? 0) > 0;
}

export function exitCodeOf(run: Run): number {
  if (run.status === "done") return EXIT.done;
  return run.status === "partial" ? EXIT.partial : EXIT.failed;
}
