import { jobBySlug, jobs } from "@noctuary/core/jobs";
import { instantOf, localDateOf } from "@noctuary/core/local-date";
import type { RunOptions } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import { UsageError } from "./exit.ts";
import type { LocalRuntime, TaskCounts } from "./local/local-runtime.ts";
import type { Terminal } from "./terminal.ts";

export interface JobRequest {
  job: string;
  /** A date or a moment; the present where it is missing. */
  asOf?: string;
  options: RunOptions;
  /** Nothing of another run is worked on. */
  isAlone?: boolean;
}

/** Runs one job to its end on this machine, with progress for whoever looks on. */
export async function runJob(runtime: LocalRuntime, terminal: Terminal, request: JobRequest): Promise<Run> {
  const asOf = request.asOf === undefined ? undefined : momentOf(request.job, request.asOf);
  const progress = terminal.progress(`${request.job}: planning`);
  try {
    return await (request.isAlone === true ? runtime.runAlone : runtime.runJob)(
      request.job,
      {
        trigger: "manual",
        ...(asOf === undefined ? {} : { asOf: asOf.toISOString() }),
        options: request.options,
      },
      (counts) => progress.say(`${request.job}: ${progressOf(counts)}`),
    );
  } finally {
    progress.stop();
  }
}

/** Waits for the end of a run that is under way, with progress for whoever looks on. */
export async function watchRun(
  runtime: LocalRuntime,
  terminal: Terminal,
  { id, job }: Pick<Run, "id" | "job">,
): Promise<Run> {
  const progress = terminal.progress(`${job}: working`);
  try {
    return await runtime.waitForRun(id, (counts) => progress.say(`${job}: ${progressOf(counts)}`));
  } finally {
    progress.stop();
  }
}

/** @throws {UsageError} for a word that names no job */
export function requireJob(slug: string) {
  const job = jobBySlug(slug);
  if (job === undefined) {
    throw new UsageError(`there is no job ${slug}: there is ${jobs.map((known) => known.slug).join(", ")}`);
  }
  return job;
}

/** A date means that day's scheduled time. @throws {UsageError} */
export function momentOf(slug: string, asOf: string): Date {
  const { schedule } = requireJob(slug);
  if (/^\d{4}-\d{2}-\d{2}$/.test(asOf)) {
    try {
      return instantOf(asOf, schedule.localTime, schedule.timeZone);
    } catch {
      throw new UsageError(`--as-of ${asOf}: there is no such date`);
    }
  }
  const moment = new Date(asOf);
  if (Number.isNaN(moment.getTime())) {
    throw new UsageError(
      `--as-of ${asOf}: write a date (2026-10-25) or a moment (2026-10-25T02:00:00-04:00)`,
    );
  }
  return moment;
}

/** The local date that a moment belongs to, in the job's time zone. */
export function dateOf(slug: string, moment: Date): string {
  return localDateOf(moment, requireJob(slug).schedule.timeZone);
}

const DOING: Record<string, string> = {
  plan: "planning",
  embed: "embedding",
  cluster: "clustering",
  insights: "telling the week",
  stacks: "finding stacks",
};

function progressOf(counts: TaskCounts): string {
  const open = counts.find(({ status }) => status === "pending" || status === "running");
  if (open === undefined) return "ending";
  const ofStep = counts.filter(({ step }) => step === open.step);
  const all = ofStep.reduce((sum, { tasks }) => sum + tasks, 0);
  const ended = ofStep.reduce(
    (sum, { status, tasks }) => sum + (status === "done" || status === "failed" ? tasks : 0),
    0,
  );
  return `${DOING[open.step] ?? open.step} (${ended} of ${all})`;
}
