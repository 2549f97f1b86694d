import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { readEnabledJobs } from "@noctuary/core/enabled-jobs";
import { recordable } from "@noctuary/core/errors";
import type { Job } from "@noctuary/core/job";
import { jobs } from "@noctuary/core/jobs";
import { missedRunsOf } from "@noctuary/core/runtime/catch-up";
import { nextDue } from "@noctuary/core/schedule";
import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { asLedger } from "@noctuary/db/access";
import { type Run, runs } from "@noctuary/db/ledger/run";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { isAgreedTo } from "../consent.ts";
import { EXIT, UsageError } from "../exit.ts";
import { type LocalRuntime, startLocalRuntime } from "../local/local-runtime.ts";
import { renderRunEnd } from "../render/run.ts";
import { count, momentLine } from "../render/words.ts";
import { openGate } from "../serve/gate.ts";
import { startHttpServer } from "../serve/http-server.ts";
import { keepSchedule } from "../serve/keep-schedule.ts";
import { homeCronSecret, listenSettings, type ServeOptions, wholeNumber } from "../serve/serve-settings.ts";
import { syncAllSources } from "../serve/sync-all-sources.ts";
import { openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { renderProblems } from "./sync.ts";

const REPORT_EVERY_MS = 2_000;
const RUNS_REPORTED = 50;
/** The job that reads notes; the others follow it in the same night. */
const READS_NOTES = "nightly-cluster";

/**
 * `noctuary serve`: the API and the schedule on one machine, through the handlers that run on Lambda, until it is told
 * to stop. What is under way then is taken up at the next start.
 */
export async function serve(options: ServeOptions, terminal: Terminal): Promise<number> {
  const listen = listenSettings(options);
  const gate = openGate({
    allow: options.allow ?? [],
    requestsPerMinute: wholeNumber("--requests-per-minute", options.requestsPerMinute ?? "60", 1, 100_000),
    trustsProxy: options.trustedProxy === true,
  });
  const stop = stopSignal();
  const session = await openSession(options, terminal);
  try {
    const secretPath = giveSecret(session, listen.isLoopback);
    if (!(await isAgreedTo(session))) {
      throw new UsageError(
        "notes would be sent to a provider every night, and nobody agreed to that yet: run `noctuary run " +
          `${READS_NOTES}\` once and answer, or set providerConsent to true in settings.json`,
      );
    }
    const runtime = await startLocalRuntime(session);
    try {
      await runtime.takeUp();
      const { handler } = await import("@noctuary/functions/api");
      const server = await startHttpServer({
        ...listen,
        gate,
        // The Lambda context is one that the handler does not ask for.
        handler: (event) => handler(event, {} as never),
      });
      announce(terminal, server.url, secretPath, options.schedule !== false);
      const reporting = reportRuns(session, stop).catch((error: unknown) =>
        terminal.warn(`ended runs are reported no more (${recordable(error).code})`),
      );
      if (options.schedule !== false) await keepNights(session, runtime, stop);
      else await aborted(stop);
      await server.close();
      await reporting;
    } finally {
      await runtime.close();
    }
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** Aborted by the first SIGINT or SIGTERM; a second one ends the process as usual. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

/** @returns the file that the secret stands in, where it was not set by whoever started this. @throws {UsageError} */
function giveSecret({ home, settings }: Session, isLoopback: boolean): string | null {
  if (settings.cronSecret !== undefined || settings.cronSecretId !== undefined) return null;
  if (!isLoopback) {
    throw new UsageError(
      "other machines can reach this address: set CRON_SECRET (16 characters or more) first",
    );
  }
  const { secret, path } = homeCronSecret(home);
  setEnvironment({ [settingDefinitions.cronSecret.env]: secret });
  return path;
}

function announce(terminal: Terminal, url: string, secretPath: string | null, keepsSchedule: boolean): void {
  const next = jobs.map((job) => ({ job, due: nextDue(job.schedule, new Date()) }));
  terminal.json({
    url,
    secretPath,
    schedule: keepsSchedule ? next.map(({ job, due }) => ({ job: job.slug, nextDue: due })) : null,
  });
  terminal.line(`Listening on ${url}/api/cron (the secret: ${secretPath ?? "CRON_SECRET"}).`);
  if (!keepsSchedule) terminal.line("No schedule is kept: runs start when they are called for.");
  for (const { job, due } of keepsSchedule ? next : []) {
    terminal.line(`  ${job.slug.padEnd(16)} next at ${momentLine(due)}, New York time`);
  }
  terminal.line("Ctrl-C stops it; what is under way goes on at the next start.");
}

/** Reads every source before a night that reads notes, then starts the job as the schedule on AWS does. */
async function keepNights(session: Session, runtime: LocalRuntime, signal: AbortSignal): Promise<void> {
  const { terminal } = session;
  const enabledJobs = readEnabledJobs(session.settings.enabledJobs);
  await keepSchedule({
    jobs,
    signal,
    // Not by the reconciler: sources are to be read before a night.
    missed: (job) => missedRunsOf({ db: session.db, enabledJobs }, job, new Date(), 0),
    async start(job: Job, scheduledTime) {
      if (job.slug === READS_NOTES) await syncBeforeNight(session);
      await runtime.startJob(job.slug, { trigger: "schedule", scheduledTime: scheduledTime.toISOString() });
    },
    onError: (job, error) =>
      terminal.warn(`${job.slug} could not be started (${recordable(error).code}): it is tried again`),
  });
}

async function syncBeforeNight(session: Session): Promise<void> {
  const { terminal } = session;
  for (const { path, result, problem } of await syncAllSources(session)) {
    if (result === null) terminal.warn(`${path}: not read (${problem}); its notes stay as they are`);
    else renderProblems(terminal, result.problems);
  }
}

/** A few lines whenever a run has ended, whoever started it. */
async function reportRuns(session: Session, signal: AbortSignal): Promise<void> {
  const newest = () => asLedger(session.db, (tx) => runs(tx, { limit: RUNS_REPORTED }));
  const isOver = (run: Run) => run.status !== "running";
  const reported = new Set((await newest()).filter(isOver).map(({ id }) => id));
  while (!signal.aborted) {
    await delay(REPORT_EVERY_MS, undefined, { signal }).catch(() => {});
    // A database that is away for a moment is the handlers' business; the next look finds what was missed.
    const ended = (await newest().catch(() => [])).filter((run) => isOver(run) && !reported.has(run.id));
    for (const run of ended.toReversed()) {
      reported.add(run.id);
      session.terminal.line(
        `${run.job} for ${run.localDate} (${run.trigger}) is ${run.status}: ${count(run.totals.users ?? 0, "user")}.`,
      );
      if (run.job === READS_NOTES) renderRunEnd(session.terminal, run, session.settings);
    }
  }
}
